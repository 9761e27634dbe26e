"""A real Chromium that looks at a page as a person with and without sight would.

``look`` holds for every page it is shown, at 1280 and at 320 px: axe finds nothing, nothing sticks out to the
side, the content security policy was not broken, the console is silent. It leaves a picture of what it saw.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Response, sync_playwright

ROOT: Final = Path(__file__).resolve().parents[2]
CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PICTURES: Final = ROOT / "var" / "screenshots"
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS: Final = (1280, 320)
HEIGHTS: Final = {1280: 900, 320: 640}
AXE_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FLAGS: Final = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]
APP_API: Final = "/api/app/v1/"
LANGUAGES: Final = {"da": "da-DK", "en": "en-GB"}

# What reaches past the right edge; a box that scrolls inside itself may.
_STICKS_OUT: Final = """() => {
  const width = document.documentElement.clientWidth;
  const found = [];
  const whole = document.documentElement.scrollWidth;
  if (whole > width) found.push(`page ${whole}`);
  for (const element of document.querySelectorAll("body *")) {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (box.width === 0 || style.visibility === "hidden" || style.clipPath !== "none") continue;
    if (element.closest(".sr-only, [data-scrolls]")) continue;
    if (box.right > width + 1) {
      found.push(`${element.tagName}.${element.getAttribute("class")} ${Math.round(box.right)}`);
    }
  }
  return found.slice(0, 10);
}"""
_RUN_AXE: Final = """async (tags) => {
  const result = await axe.run(document, {runOnly: {type: "tag", values: tags}});
  const why = (node) => node.any.concat(node.all, node.none).map((check) => check.message).join("; ");
  return result.violations.map((v) => `${v.id}: ${v.help} — ` +
    v.nodes.map((node) => `${node.target.join(" ")} ${why(node)}`).join(" | "));
}"""


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Start Debian's Chromium for as long as the block lasts, with more ``flags`` where a journey needs them.

    Playwright's event loop lives in this thread, so Django would refuse the ORM here; the test is the only
    one that uses the thread, and nothing of it is asynchronous.
    """
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
            try:
                yield browser
            finally:
                browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@dataclass
class Person:
    """Somebody at a browser of their own: window, cookies, language, and a note of all that went wrong."""

    page: Page
    address: str
    language: str
    complaints: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def go(self, path: str) -> Response:
        """Open a path of the portal."""
        response = self.page.goto(f"{self.address}{path}")
        assert response is not None, path
        return response

    def look(self, name: str) -> None:
        """Hold the present page against the rules at each width and take its picture.

        Writes: var/screenshots/<name>-<language>-<width>.png.
        """
        found: list[str] = []
        original = self.page.viewport_size or {"width": WIDTHS[0], "height": HEIGHTS[WIDTHS[0]]}
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            PICTURES.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=PICTURES / f"{name}-{self.language}-{width}.png", full_page=True)
            found += [f"{width}px sticks out: {line}" for line in self.page.evaluate(_STICKS_OUT)]
            found += [f"{width}px axe: {line}" for line in self._axe()]
        self.page.set_viewport_size(original)
        found += self.take_complaints()
        assert not found, f"{name} ({self.page.url}):\n" + "\n".join(found)

    def take_complaints(self) -> list[str]:
        """Hand over what console and pages complained of since the last time."""
        complaints, self.complaints = self.complaints, []
        return complaints

    def listen(self) -> None:
        """Note from now on what goes wrong on the page."""

        def failed(error: Error) -> None:
            self.complaints.append(f"script: {error.message}")

        self.page.on("response", self._note)
        self.page.on("console", self._hear)
        self.page.on("pageerror", failed)

    def _axe(self) -> list[str]:
        if not self.page.evaluate("() => Boolean(window.axe)"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        lines: list[str] = self.page.evaluate(_RUN_AXE, AXE_TAGS)
        return lines

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        # A page that answers 422, 403 or 404 on purpose makes Chromium say so, and so does a refusal by the app's
        # interface; what a page loads may not.
        if message.text.startswith("Failed to load resource") and message.location.get("url") in self.refused:
            return
        self.complaints.append(f"console {message.type}: {message.text} {message.location.get('url', '')}")

    def _note(self, response: Response) -> None:
        is_meant = response.request.is_navigation_request() or response.url.startswith(f"{self.address}{APP_API}")
        if response.status >= 400 and is_meant:
            self.refused.add(response.url)


@contextmanager
def person(
    browser: Browser,
    address: str,
    *,
    language: str = "da",
    with_script: bool = True,
    may_use: Sequence[str] = (),
) -> Iterator[Person]:
    """Give somebody a fresh browser window in a language, with or without JavaScript.

    ``may_use``: what its owner has allowed the portal, such as "camera".
    """
    options: dict[str, Any] = {"locale": LANGUAGES[language], "java_script_enabled": with_script}
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": HEIGHTS[WIDTHS[0]]}, **options)
    context.set_default_timeout(10_000)
    context.grant_permissions(list(may_use), origin=address.rstrip("/"))
    someone = Person(page=context.new_page(), address=address.rstrip("/"), language=language)

    # The listeners must be known before the first response, or a refusal's own console line would count.
    someone.listen()
    try:
        yield someone
    finally:
        context.close()
