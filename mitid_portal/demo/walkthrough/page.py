"""A page as a reader without eyes has it: its words, its links, its forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

_VOID: Final = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_ERRORS: Final = frozenset({"form-error-message", "form-error-list", "error-summary"})
_SILENT: Final = frozenset({"script", "style", "head", "svg"})


@dataclass
class Form:
    """A form with what it holds now, as a browser would send it."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """Names of everything that can be filled in or is sent along."""
        return set(self.values) | set(self.options)

    def has_button(self, words: str) -> bool:
        """Tell whether a button of the form says ``words``, among others."""
        return any(words.casefold() in button.casefold() for button in self.buttons)


@dataclass
class Link:
    """A link: where to, and what it says."""

    address: str
    text: str


@dataclass
class Page:
    """What came back for one request."""

    address: str
    status: int
    title: str
    text: str
    forms: list[Form]
    links: list[Link]
    errors: list[str]
    secrets: list[str]  # codes to be copied by eye: elements of the class ``secret``

    def form(self, *names: str, button: str = "", action: str = "") -> Form | None:
        """Find the first form that holds all these fields, such a button, and such a piece in its address."""
        for form in self.forms:
            if form.names.issuperset(names) and action in form.action and (not button or form.has_button(button)):
                return form
        return None

    def link(self, text: str = "", *, address: str = "") -> Link | None:
        """Find the first link that says ``text`` and leads to an address with this piece in it."""
        for link in self.links:
            if text.casefold() in link.text.casefold() and address in link.address:
                return link
        return None


def read_page(html: str, *, address: str, status: int) -> Page:
    """Read a page."""
    reader = _Reader(address)
    reader.feed(html)
    reader.close()
    for form, words in reader.buttons:
        form.buttons.append(_plain(words))
    return Page(
        address=address,
        status=status,
        title=_plain(reader.title),
        text=_plain(reader.words),
        forms=reader.forms,
        links=[Link(address=href, text=_plain(words)) for href, words in reader.links],
        errors=[_plain(words) for words in reader.errors if _plain(words)],
        secrets=[_plain(words) for words in reader.secrets],
    )


def _plain(words: list[str]) -> str:
    return " ".join("".join(words).split())


class _Reader(HTMLParser):
    """Collects what ``Page`` holds, in one pass."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address
        self.title: list[str] = []
        self.words: list[str] = []
        self.forms: list[Form] = []
        self.links: list[tuple[str, list[str]]] = []
        self.errors: list[list[str]] = []
        self.secrets: list[list[str]] = []
        self.buttons: list[tuple[Form, list[str]]] = []
        self._open: list[str] = []
        self._sinks: list[tuple[int, list[str]]] = []  # depth of the element, and where its words go too
        self._form: Form | None = None
        self._select: tuple[str, bool] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "title" and "svg" not in self._open:
            self._listen(self.title)
        elif tag == "a" and "href" in given:
            self.links.append((urljoin(self.address, given["href"]), []))
            self._listen(self.links[-1][1])
        elif tag == "form":
            self._form = Form(
                action=urljoin(self.address, given.get("action") or self.address),
                method=given.get("method", "get").lower(),
            )
            self.forms.append(self._form)
        elif self._form is not None:
            self._note_field(self._form, tag, given)
        classes = set(given.get("class", "").split())
        if classes & _ERRORS:
            self.errors.append([])
            self._listen(self.errors[-1])
        if "secret" in classes:
            self.secrets.append([])
            self._listen(self.secrets[-1])
        # Words of neighbouring elements do not run together.
        self.handle_data(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element that closes itself (SVG)."""
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element, and those inside it that were not closed."""
        if tag not in self._open:
            return
        while self._open:
            closed = self._open.pop()
            self._sinks = [(depth, sink) for depth, sink in self._sinks if depth <= len(self._open)]
            if closed == "form":
                self._form = None
            elif closed == "select":
                self._select = None
            if closed == tag:
                break
        self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        """Take words where they belong."""
        for _, sink in self._sinks:
            sink.append(data)
        if not _SILENT.intersection(self._open):
            self.words.append(data)

    def _listen(self, sink: list[str]) -> None:
        self._sinks.append((len(self._open), sink))

    def _note_field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "button":
            self.buttons.append((form, []))
            self._listen(self.buttons[-1][1])
            if name:
                form.options.setdefault(name, []).append(given.get("value", ""))
        elif tag == "input" and name:
            self._note_input(form, name, given)
        elif tag == "select" and name:
            self._select = (name, False)
            form.options.setdefault(name, [])
        elif tag == "option" and self._select is not None:
            self._note_option(form, given)
        elif tag == "textarea" and name:
            form.values.setdefault(name, [""])

    def _note_input(self, form: Form, name: str, given: dict[str, str]) -> None:
        kind, value = given.get("type", "text"), given.get("value", "")
        if kind in {"radio", "checkbox"}:
            form.options.setdefault(name, []).append(value or "on")
            if "checked" in given:
                form.values.setdefault(name, []).append(value or "on")
        elif kind in {"submit", "button", "image"}:
            form.buttons.append(value)
        else:
            form.values.setdefault(name, []).append(value)

    def _note_option(self, form: Form, given: dict[str, str]) -> None:
        if self._select is None:
            return
        name, is_chosen = self._select
        form.options[name].append(given.get("value", ""))
        if "selected" in given or not is_chosen:
            form.values[name] = [given.get("value", "")]
            self._select = (name, True)
