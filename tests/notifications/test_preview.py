"""The preview shows every message as it would go out, and what keeps one from going out."""

import re
from dataclasses import fields

import pytest

from notifications import rendering, words
from notifications.messages import BY_KIND
from notifications.preview import previews, samples_of
from notifications.rendering import render
from notifications.rules.gsm7 import septets_of
from notifications.states import Channel, Language, MessageKind
from tests.notifications.samples import every_message

CODES = {"act", "authenticator", "by", "field"}
ALL = previews()


def test_every_kind_is_shown_in_every_channel_and_language():
    shown = [(one.kind, one.channel, one.language) for one in ALL]
    assert len(shown) == len(set(shown)) == len(MessageKind) * len(Channel) * len(Language)
    assert [one.fault for one in ALL if one.fault] == []


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.kind}-{one.channel}-{one.language}")
def test_a_preview_says_how_much_of_its_room_it_takes(one):
    if one.channel is Channel.SMS:
        assert one.septets == septets_of(one.body)
        assert 0 < one.septets <= one.most_septets == 160
        assert one.subject is one.subject_length is one.html is None
    else:
        assert one.septets is None
        assert 0 < one.subject_length == len(one.subject) <= one.longest_subject
        assert (one.html is not None) is (one.channel is Channel.EMAIL)
    assert not re.search(r"[{}]", one.body)


def test_a_preview_is_no_shorter_than_any_message_of_its_kind():
    """ALR-3: what fits in the preview fits always."""
    longest = {(one.kind, one.language): one.septets for one in ALL if one.channel is Channel.SMS}
    for message in every_message():
        for language in Language:
            septets = septets_of(render(message, channel=Channel.SMS, language=language).body)
            assert septets <= longest[message.kind, language]


@pytest.mark.parametrize("kind", MessageKind)
def test_the_samples_have_every_code(kind):
    def codes_of(message):
        return tuple(getattr(message, field.name) for field in fields(message) if field.name in CODES)

    known = {codes_of(message) for message in every_message() if message.kind == kind}
    assert {codes_of(sample) for sample in samples_of(kind)} >= {
        codes for codes in known if "an_act_without_words" not in codes
    }
    assert all(type(sample) is BY_KIND[kind] for sample in samples_of(kind))


def test_one_kind_and_one_language_can_be_asked_for():
    shown = previews(kind=MessageKind.CHANGE_REQUESTED, language=Language.EN)
    assert [(one.kind, one.channel, one.language) for one in shown] == [
        (MessageKind.CHANGE_REQUESTED, channel, Language.EN) for channel in Channel
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [("{{ brand }}: {{ nobody }}", "nobody"), ("x" * 161, "161"), ("MitID: 日本", "GSM-7"), ("Se www.x", "links")],
)
def test_a_text_that_cannot_go_out_shows_why(settings, tmp_path, text, fault):
    folder = tmp_path / "templates" / "messages" / "reply_blocked"
    folder.mkdir(parents=True)
    for part in ("subject", "email"):
        (folder / f"da.{part}.txt").write_text("Hej", encoding="utf-8")
    (folder / "da.sms.txt").write_text(text, encoding="utf-8")
    settings.BASE_DIR = tmp_path
    rendering._engine.cache_clear()
    try:
        shown = next(
            one for one in previews(kind=MessageKind.REPLY_BLOCKED, language=Language.DA) if one.channel is Channel.SMS
        )
    finally:
        rendering._engine.cache_clear()
    assert fault in shown.fault
    assert (shown.body, shown.septets) == ("", None)


def test_both_languages_have_words_for_the_same_codes():
    vocabularies = {
        language: {name: set(known) for name, known in words._WORDS[language].items()} for language in Language
    }
    assert vocabularies[Language.DA] == vocabularies[Language.EN]


def test_the_samples_are_nobodys():
    """Made-up values alone: the page is for people who see no citizen's data."""
    text = "".join(one.body for one in ALL)
    assert not re.search(r"[\w.]+@[\w.]+|\+45", text)
