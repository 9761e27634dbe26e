"""Somebody at a browser: goes to pages, fills in forms, presses buttons."""

from types import TracebackType
from typing import Self

import httpx

from mitid_portal.demo.walkthrough.page import Form, Link, Page, read_page

TIMEOUT_SECONDS = 30.0


class StoryFailed(Exception):  # noqa: N818 - the end of a story, told in words
    """The story does not go on: what was expected, and what was there instead."""


class Visitor:
    """One person's browser, with cookies of its own."""

    def __init__(self, who: str, address: str, *, language: str = "en") -> None:
        """Open a fresh browser."""
        self.who = who
        self.page = Page(address=address, status=0, title="", text="", forms=[], links=[], errors=[], secrets=[])
        self._client = httpx.Client(
            base_url=address,
            follow_redirects=True,
            timeout=TIMEOUT_SECONDS,
            headers={"Accept-Language": language, "Accept": "text/html"},
        )

    def __enter__(self) -> Self:
        """Go on."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the browser."""
        self._client.close()

    def go(self, address: str, *, status: int = 200) -> Page:
        """Open an address."""
        return self._take(self._client.get(address), status)

    def follow(self, text: str = "", *, address: str = "", status: int = 200) -> Page:
        """Follow the link that says ``text`` or leads to ``address``."""
        link: Link | None = self.page.link(text, address=address)
        if link is None:
            there = ", ".join(f"{link.text!r}" for link in self.page.links)
            raise self.stuck(f"a link {text or address!r}; there are {there}")
        return self.go(link.address, status=status)

    def send(
        self,
        *names: str,
        status: int = 200,
        button: str = "",
        action: str = "",
        press: dict[str, str] | None = None,
        **typed: str,
    ) -> Page:
        """Fill in the form that holds ``typed`` (and ``names``) and send it; ``press`` is a button with a value."""
        form = self.page.form(*names, *typed, button=button, action=action)
        if form is None:
            there = "; ".join(
                f"{sorted(form.names - {'csrfmiddlewaretoken', 'next', 'language'})} {form.buttons}"
                for form in self.page.forms
            )
            wanted = ", ".join([*names, *typed, button, action])
            raise self.stuck(f"a form with {wanted}; there are {there}")
        return self.send_form(form, typed | (press or {}), status=status)

    def send_form(self, form: Form, typed: dict[str, str], *, status: int = 200) -> Page:
        """Send a form with what is typed on top of what it holds."""
        fields = form.values | {name: [value] for name, value in typed.items()}
        if form.method == "get":
            return self._take(self._client.get(form.action, params=fields), status)
        headers = {"Referer": self.page.address}
        return self._take(self._client.post(form.action, data=fields, headers=headers), status)

    def expect(self, *words: str) -> Page:
        """Hold that the page says one of these."""
        if not any(word.casefold() in self.page.text.casefold() for word in words):
            raise self.stuck(f"the words {' or '.join(repr(word) for word in words)}")
        return self.page

    def expect_at(self, piece: str) -> Page:
        """Hold that the page's address has this piece."""
        if piece not in self.page.address:
            raise self.stuck(f"to be at {piece!r}")
        return self.page

    def stuck(self, wanted: str) -> StoryFailed:
        """Say what was wanted and what there is."""
        page = self.page
        errors = f"\n  errors:  {' | '.join(page.errors)}" if page.errors else ""
        return StoryFailed(
            f"{self.who} expected {wanted}\n  at:      {page.address} (status {page.status})\n"
            f"  title:   {page.title}{errors}\n  page:    {page.text[:600]}"
        )

    def _take(self, response: httpx.Response, status: int) -> Page:
        self.page = read_page(response.text, address=str(response.url), status=response.status_code)
        if response.status_code != status:
            raise self.stuck(f"status {status}")
        return self.page
