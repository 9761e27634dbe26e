"""What each component and each kind of field puts on a page."""

import re
from html.parser import HTMLParser

import pytest
from django.http import HttpRequest
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.translation import override

from tests.pages.gallery import EveryField, Row


class _Page(HTMLParser):
    """The elements of a page, in order."""

    VOID = frozenset({"input", "img", "meta", "link", "br", "use", "path", "rect"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.found if "id" in attrs]

    def one(self, **wanted: str) -> dict[str, str | None]:
        matching = [
            attrs
            for _, attrs in self.found
            if all(attrs.get(key.replace("_", "-")) == value for key, value in wanted.items())
        ]
        assert len(matching) == 1, (wanted, matching)
        return matching[0]


def _included(name: str, **context: object) -> str:
    return Template("{% include name %}").render(Context({"name": f"components/{name}.html", **context}))


@pytest.fixture(autouse=True)
def _in_english() -> object:
    with override("en"):
        yield


@pytest.fixture
def refused() -> _Page:
    return _Page(_included("form", form=EveryField({"user_id": "abc", "password": "hunter22"}), submit="Go"))


def test_every_reference_between_elements_is_met(refused: _Page) -> None:
    ids = refused.ids()
    assert len(ids) == len(set(ids))
    for _, attrs in refused.found:
        targets = [
            attrs.get("for") or "",
            *(attrs.get("aria-describedby") or "").split(),
            attrs.get("aria-labelledby") or "",
        ]
        if (attrs.get("href") or "").startswith("#"):
            targets.append((attrs["href"] or "")[1:])
        assert set(filter(None, targets)) <= set(ids), attrs


def test_refused_field_says_so_and_points_at_hint_and_error(refused: _Page) -> None:
    user_id = refused.one(id="id_user_id")
    assert user_id["aria-invalid"] == "true"
    assert user_id["aria-describedby"] == "id_user_id_helptext id_user_id_error"
    assert user_id["autocomplete"] == "username"
    assert user_id["class"] == "form-input"
    assert user_id["value"] == "abc"


def test_secret_is_not_shown_again(refused: _Page) -> None:
    password = refused.one(id="id_password")
    assert "value" not in password
    assert password["class"] == "form-input input-width-m"


def test_group_is_a_fieldset_with_the_error_on_it(refused: _Page) -> None:
    fieldsets = [attrs for tag, attrs in refused.found if tag == "fieldset"]
    assert {"aria-describedby": "id_answer_helptext id_answer_error"} in fieldsets
    assert refused.one(id="id_answer_0")["class"] == "form-radio"
    assert refused.one(id="id_channels_1")["class"] == "form-checkbox"


@pytest.mark.parametrize(
    ("identifier", "css_class"),
    [
        ("id_why", "form-input"),
        ("id_kind", "form-select"),
        ("id_sure", "form-checkbox"),
        ("id_code", "form-input input-char-8"),
        ("id_born_year", "form-select"),
    ],
)
def test_field_has_the_markup_of_the_design_system(refused: _Page, identifier: str, css_class: str) -> None:
    assert refused.one(id=identifier)["class"] == css_class


def test_hidden_field_is_there_without_label_or_class(refused: _Page) -> None:
    hidden = refused.one(id="id_case")
    assert hidden["type"] == "hidden"
    assert "class" not in hidden


def test_only_what_may_be_left_out_is_marked() -> None:
    html = _included("form", form=EveryField(), submit="Go")
    assert re.findall(r"(\w+)\s*<span class=\"weight-normal\">\(optional\)", html) == ["Kode"]


def test_form_without_errors_has_no_summary() -> None:
    html = _included("form", form=EveryField(), submit="Go")
    assert "error-summary" not in html
    assert "aria-invalid" not in html


def test_field_text_cannot_become_markup() -> None:
    form = EveryField({"user_id": '"><script>alert(1)</script>'})
    form.fields["user_id"].label = "<b>x</b>"
    form.fields["user_id"].help_text = "<i>y</i>"
    html = _included("form", form=form, submit="<u>z</u>")
    for tag in ("<script", "<b>", "<i>", "<u>"):
        assert tag not in html


def test_own_form_tag_shows_errors_once() -> None:
    form = EveryField({})
    html = Template('{% include "components/error_summary.html" with form=form %}<form>{{ form }}</form>').render(
        Context({"form": form})
    )
    assert html.count("Formularen som helhed er afvist.") == 1


@pytest.mark.parametrize("kind", ["info", "success", "warning", "error"])
def test_alert_names_its_kind_in_words(kind: str) -> None:
    page = _Page(_included("alert", kind=kind, heading="H", text="T"))
    words = {"info": "Information", "success": "Done", "warning": "Warning", "error": "Error"}
    assert page.one(role="img")["aria-label"] == words[kind]


def test_step_indicator_marks_the_current_step() -> None:
    page = _Page(_included("step_indicator", steps=["a", "b", "c"], current=2))
    assert [attrs.get("class") for tag, attrs in page.found if tag == "li"] == [
        "disabled passed",
        "current",
        "disabled",
    ]
    page.one(aria_current="step")


def test_summary_list_says_what_its_link_changes() -> None:
    html = _included("summary_list", rows=[Row("Phone", "+45", "/x", "Change"), Row("Name", "")])
    assert '<a href="/x">Change<span class="sr-only">: Phone</span></a>' in html
    assert "<td>–</td>" in html


def test_pager_shows_only_what_leads_somewhere() -> None:
    assert _included("pager", older_url="", newest_url="").strip() == ""
    assert "Older" in _included("pager", older_url="/?before=1", newest_url="")
    assert "Newest" not in _included("pager", older_url="/?before=1", newest_url="")


@pytest.fixture
def request_without_database() -> HttpRequest:
    return RequestFactory().get("/nowhere/")


@pytest.mark.parametrize("part", ["hsm", "database", "cache", "civil_register", None])
def test_outage_page_names_the_part_and_needs_no_database(
    request_without_database: HttpRequest, part: str | None
) -> None:
    html = render_to_string("errors/503.html", {"part": part}, request=request_without_database)
    assert "Out of order for the moment" in html
    assert "What you were doing has not been done" in html


@pytest.mark.parametrize("name", ["400", "403", "404", "413", "500", "csrf"])
def test_error_page_needs_neither_request_nor_database(name: str) -> None:
    html = render_to_string(f"errors/{name}.html")
    assert "<h1>" in html
    assert "<form" not in html
