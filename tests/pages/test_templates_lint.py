"""What every template of the project keeps to."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR) / "templates"
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))
EMAIL = "notifications/email.html"  # what is mailed has no other place for its style
WHOLE = {"base.html", "app/shell.html", EMAIL}
# Parts of pages, and texts that are sent rather than shown.
PARTS = ("components/", "django/", "messages/")


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _is_page(name: str) -> bool:
    return name not in WHOLE and not name.startswith(PARTS) and not Path(name).name.startswith("_")


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compiles(name: str) -> None:
    get_template(name)


@pytest.mark.parametrize("name", [name for name in TEMPLATES if _is_page(name)])
def test_page_extends_a_base(name: str) -> None:
    assert re.match(r'\{% extends "[\w/]*base[\w]*\.html" %\}', _text(name)), name


@pytest.mark.parametrize(
    "name", [name for name in TEMPLATES if _is_page(name) and not Path(name).name.startswith("base")]
)
def test_page_has_a_title_and_one_heading(name: str) -> None:
    text = _text(name)
    assert "{% block title %}" in text
    assert "<h1" in text or '{% include "components/' in text


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_inline(name: str) -> None:
    text = _text(name)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert name == EMAIL or "<style" not in text
    assert not re.search(r"<[^>%]*\s(style|on[a-z]+)=", text)
    assert "javascript:" not in text.lower()
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text), "nothing comes from another site"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_include_and_base_exists(name: str) -> None:
    for target in re.findall(r'\{% (?:include|extends) "([^"]+)"', _text(name)):
        assert (ROOT / target).is_file(), target


@pytest.mark.parametrize("name", TEMPLATES)
def test_only_literals_are_translated(name: str) -> None:
    for text in re.findall(r"\{% (?:translate|trans) ([^%]*)%\}", _text(name)):
        assert re.match(r"""("[^"]+"|'[^']+')(?: (?:context|as|noop)\b.*)?\s*$""", text), text


@pytest.mark.parametrize("name", TEMPLATES)
def test_safe_is_used_nowhere(name: str) -> None:
    assert not re.search(r"\|\s*safe\b|autoescape off|mark_safe", _text(name))


@pytest.mark.parametrize("name", [name for name in TEMPLATES if _is_page(name)])
def test_every_form_that_posts_carries_the_token(name: str) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", _text(name), flags=re.DOTALL):
        assert "{% csrf_token %}" in form


@pytest.mark.parametrize("name", [name for name in TEMPLATES if _is_page(name)])
def test_form_on_a_page_shows_its_errors_above(name: str) -> None:
    text = _text(name)
    if re.search(r"\{\{ form\s*\}\}", text):
        assert "components/error_summary.html" in text
