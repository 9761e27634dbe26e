"""An e-mail's text and HTML are the same words; nothing in them acts, tracks or comes from elsewhere."""

import re
from html.parser import HTMLParser
from uuid import uuid4

import pytest

from notifications.messages import OfficerActed
from notifications.rendering import render
from notifications.states import Channel, Language
from notifications.transports import OutgoingEmail
from notifications.transports.email_content import html_of, wire_form
from tests.notifications.conftest import EMAIL
from tests.notifications.samples import AT, every_message

VOID = {"meta", "br"}
MAILS = [
    pytest.param(message, language, id=f"{message.kind}-{number}-{language}")
    for number, message in enumerate(every_message())
    for language in Language
]


class Page(HTMLParser):
    """What a page holds: words, tags, links, whatever it would fetch; and whether its tags are closed."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags, self.links, self.fetched, self.open = [], [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "href":
                self.links.append(value)
            elif name in {"src", "srcset", "background", "data", "action", "style"} or name.startswith("on"):
                self.fetched.append((tag, name, value))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "title"} & set(self.open):
            self.words.append(data)


def words(text):
    return text.split()


@pytest.mark.parametrize(("message", "language"), MAILS)
def test_html_says_what_the_text_says(message, language, settings):
    settings.PUBLIC_ADDRESS = "https://portal.mitid.example"
    rendered = render(message, channel=Channel.EMAIL, language=language)
    page = Page(html_of(subject=rendered.subject, text=rendered.body, language=language))
    assert words("".join(page.words)) == words(rendered.subject + "\n" + rendered.body)
    assert page.open == []
    assert page.tags.count("h1") == 1
    assert page.fetched == []
    assert set(page.tags) <= {"html", "head", "meta", "title", "style", "body", "main", "h1", "p", "a", "br"}
    assert page.links == [getattr(message, "stop_address", None)] * (message.kind == "change_requested")


@pytest.mark.parametrize("language", Language)
def test_nothing_is_fetched_from_anywhere(language):
    html = html_of(subject="Hej", text="Hej", language=language)
    assert not re.search(r"url\(|@import|<img|<link|<script|http", html)
    assert f'<html lang="{language}">' in html
    assert "<title>Hej</title>" in html


HOSTILE = '<script>alert(1)</script> & "quoted" <a href="https://evil.example">x</a> {{ brand }} https://evil.example/x'


def test_what_somebody_wrote_into_a_name_stays_words():
    message = OfficerActed(act="looked_up", organisation=HOSTILE, at=AT)
    rendered = render(message, channel=Channel.EMAIL, language=Language.EN)
    html = html_of(subject=HOSTILE, text=rendered.body, language=Language.EN)
    page = Page(html)
    assert page.links == []
    assert "script" not in page.tags
    assert words("".join(page.words)) == words(HOSTILE + "\n" + rendered.body)


@pytest.mark.parametrize(
    "line",
    [
        "https://evil.example/stop/x/",
        "https://portal.mitid.example.evil.example/",
        "https://portal.mitid.example@evil.example/",
        "https://portal.mitid.example/stop/x/ and more",
        " javascript:alert(1)",
        "portal.mitid.example/stop/x/",
    ],
)
def test_only_a_line_that_is_the_portals_address_becomes_a_link(settings, line):
    settings.PUBLIC_ADDRESS = "https://portal.mitid.example"
    assert Page(html_of(subject="Hej", text=f"Hej\n\n{line}\n", language=Language.DA)).links == []


def test_a_link_shows_where_it_leads(settings):
    settings.PUBLIC_ADDRESS = "https://portal.mitid.example/"
    address = "https://portal.mitid.example/stop/" + "a" * 43 + '/?a=1&b="2"'
    page = Page(html_of(subject="Hej", text=f"Hej\n{address}\nHej", language=Language.DA))
    assert page.links == [address]
    assert address in page.words


def test_lines_and_paragraphs_stay_what_they_were():
    html = html_of(subject="S", text="one\ntwo\n\nthree\n \n\nfour\n", language=Language.EN)
    assert html.count("<p>") == 3
    assert html.count("<br>") == 1


def test_a_sender_may_have_a_name(settings, now):
    settings.DEFAULT_FROM_EMAIL = "MitID på nettet <no-reply@mitid.example>"
    raw = wire_form(OutgoingEmail(delivery_id=uuid4(), to=EMAIL, subject="Hej", text="Hej", at=now))
    assert b"<no-reply@mitid.example>" in raw.partition(b"\r\nTo:")[0]
    assert b"@mitid.example>\r\n" in raw
