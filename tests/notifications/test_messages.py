"""The words of every message (ALR-3, ALR-6, CHG-2)."""

import dataclasses
import re

import pytest
from django.conf import settings
from django.template import Engine

from notifications import rendering
from notifications.messages import BY_KIND, IdentityIssued, OfficerActed
from notifications.rendering import MessageFault, moment, render
from notifications.rules.gsm7 import septets_of
from notifications.states import Channel, Language, MessageKind
from tests.notifications.samples import AT, LONG_NAME, every_message

FILES = {f"{language}.{part}.txt" for language in Language for part in ("sms", "subject", "email")}
CHANNELS = (Channel.SMS, Channel.EMAIL)
EVERY = [
    pytest.param(message, channel, language, id=f"{message.kind}-{number}-{channel}-{language}")
    for number, message in enumerate(every_message())
    for channel in CHANNELS
    for language in Language
]


@pytest.fixture
def fresh_engine():
    rendering._engine.cache_clear()
    yield
    rendering._engine.cache_clear()


@pytest.fixture
def own_templates(settings, tmp_path, fresh_engine):
    """A folder of templates of the test's own."""
    settings.BASE_DIR = tmp_path

    def write(kind, name, text):
        file = tmp_path / "templates" / "messages" / kind / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    return write


def test_every_kind_has_its_dataclass_and_exactly_its_templates():
    folder = settings.BASE_DIR / "templates" / "messages"
    assert set(BY_KIND) == set(MessageKind)
    assert {item.name for item in folder.iterdir()} == {kind.value for kind in MessageKind}
    for kind in MessageKind:
        assert {file.name for file in (folder / kind).iterdir()} == FILES


def test_the_samples_have_every_kind():
    assert {message.kind for message in every_message()} == set(MessageKind)


@pytest.mark.parametrize(("message", "channel", "language"), EVERY)
@pytest.mark.parametrize("brand", ["MitID", "ÆØÅ-MitID 9"])
def test_every_message_renders_with_everything_as_long_as_it_may_be(message, channel, language, brand, settings):
    settings.BRAND_NAME = brand
    rendered = render(message, channel=channel, language=language)
    assert brand in rendered.body
    assert brand == "MitID" or " MitID" not in rendered.body
    assert "{" not in rendered.body
    assert "  " not in rendered.body
    if channel is Channel.SMS:
        assert rendered.subject is None
        assert rendered.body.startswith(f"{brand}: ")
        assert septets_of(rendered.body) <= 160
        assert "\n" not in rendered.body
        assert not re.search(r"https?:|www\.|://", rendered.body)
    else:
        assert rendered.subject
        assert rendered.body.endswith(f"\n{brand}\n")


@pytest.mark.parametrize("kind", MessageKind)
def test_no_message_can_show_a_contact(kind):
    """ALR-6: there is no field that could hold one."""
    names = {field.name for field in dataclasses.fields(BY_KIND[kind])}
    assert names <= {
        "code", "minutes", "at", "authenticator", "field", "opens_at", "closes_at", "stop_code", "stop_address", "by",
        "act", "organisation", "block_code", "pin",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "parts"),
    [
        (Language.DA, ["Dit telefonnummer", "fra 23.09.2026 kl. 13.05", "NO 1234", "Del aldrig dit MitID",
                       "Ingen vil bede dig godkende"]),
        (Language.EN, ["Your phone number", "from 23 Sep 2026 at 13:05", "NO 1234", "Never share your MitID",
                       "Nobody will ask you to approve"]),
    ],
)  # fmt: skip
def test_the_alert_of_a_change_says_all_that_it_must(language, parts):
    """CHG-2: what, from when, never share, nobody asks to approve, how to stop it."""
    message = next(item for item in every_message() if getattr(item, "field", "") == "phone")
    sms = render(message, channel=Channel.SMS, language=language).body
    assert [part for part in parts if part not in sms] == []
    email = render(message, channel=Channel.EMAIL, language=language).body
    assert message.stop_address in email.splitlines()
    assert "1234" not in email


@pytest.mark.parametrize(
    ("month", "text"),
    [(1, "23. januar 2026 kl. 12.05"), (7, "23. juli 2026 kl. 13.05")],
)
def test_times_are_danish_in_winter_and_in_summer(month, text):
    assert moment(AT.replace(month=month), Language.DA).long == text


def test_a_template_with_a_missing_variable_raises(own_templates):
    own_templates("identity_issued", "da.sms.txt", "MitID: {{ at.short }} {{ nobody }}")
    with pytest.raises(MessageFault, match="nobody"):
        render(IdentityIssued(at=AT), channel=Channel.SMS, language=Language.DA)


def test_a_template_with_a_missing_part_of_a_variable_raises(own_templates):
    own_templates("identity_issued", "da.sms.txt", "MitID: {{ at.shortest }}")
    with pytest.raises(MessageFault):
        render(IdentityIssued(at=AT), channel=Channel.SMS, language=Language.DA)


@pytest.mark.parametrize("tag", ["{% if nobody %}x{% endif %}", "{% if nobody == 'x' %}x{% endif %}",
                                 "{% for x in nobody %}x{% endfor %}", "{{ nobody|default:'x' }}"])  # fmt: skip
def test_a_missing_variable_inside_a_tag_or_filter_raises_too(own_templates, tag):
    own_templates("identity_issued", "da.sms.txt", "MitID: " + tag)
    with pytest.raises(MessageFault):
        render(IdentityIssued(at=AT), channel=Channel.SMS, language=Language.DA)


@pytest.mark.parametrize(
    "text", ["x" * 161, "€" * 81, "MitID – nu", "", "Se https://x.test", "Se www.mitid", "Se mitid.dk"]
)
def test_words_that_do_not_fit_a_text_message_raise(own_templates, text):
    own_templates("identity_issued", "da.sms.txt", text)
    with pytest.raises(MessageFault):
        render(IdentityIssued(at=AT), channel=Channel.SMS, language=Language.DA)


@pytest.mark.parametrize("subject", ["", "one\ntwo", "x" * 121])
def test_a_subject_is_one_short_line(own_templates, subject):
    own_templates("identity_issued", "da.subject.txt", subject)
    own_templates("identity_issued", "da.email.txt", "Hej")
    with pytest.raises(MessageFault):
        render(IdentityIssued(at=AT), channel=Channel.EMAIL, language=Language.DA)


def test_an_empty_mail_raises(own_templates):
    own_templates("identity_issued", "da.subject.txt", "Hej")
    own_templates("identity_issued", "da.email.txt", " \n")
    with pytest.raises(MessageFault):
        render(IdentityIssued(at=AT), channel=Channel.EMAIL, language=Language.DA)


@pytest.mark.parametrize(
    "name", ["Bank.dk – Østjylland 😀", "https://evil.example/x", "Banka Ştefănescu", "日本銀行", "\u202eBank"]
)
def test_a_strange_name_of_an_organisation_never_keeps_an_alert_from_going_out(name):
    rendered = render(
        OfficerActed(act="looked_up", organisation=name, at=AT), channel=Channel.SMS, language=Language.DA
    )
    assert septets_of(rendered.body) <= 160


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.APP])
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Jyske Bank A/S", "Jyske Bank A/S"),
        ("Ring https://evil.example/x", "Ring https evil example/x"),
        ("www.evil.dk nu", "www evil dk nu"),
        ("Skriv til a@evil.dk", "Skriv til a evil dk"),
    ],
)
def test_no_name_becomes_a_link(channel, name, shown):
    body = render(OfficerActed(act="looked_up", organisation=name, at=AT), channel=channel, language=Language.DA).body
    assert f" {shown} har set" in body


def test_a_long_name_gives_way_to_what_was_done():
    act = OfficerActed(act="first_approval", organisation=LONG_NAME, at=AT)
    body = render(act, channel=Channel.SMS, language=Language.DA).body
    assert "Ærøskøbing Kommunes " in body
    assert "godkendt at genåbne dit MitID (1 af 2) 23.09.2026 kl. 13.05" in body
    assert body.endswith("ring til supporten.")


def test_a_text_too_long_for_any_name_is_not_sent(own_templates):
    own_templates("officer_acted", "da.sms.txt", "{{ organisation }} {{ act }} {{ at.short }}" + "x" * 140)
    with pytest.raises(MessageFault, match="too long"):
        render(OfficerActed(act="other", organisation="x", at=AT), channel=Channel.SMS, language=Language.DA)


@pytest.mark.parametrize("language", Language)
def test_the_inbox_says_what_the_mail_says(language):
    for message in every_message():
        in_app, by_mail = (
            render(message, channel=channel, language=language) for channel in (Channel.APP, Channel.EMAIL)
        )
        assert in_app == by_mail


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (MessageKind.CONTACT_CODE, {"code": "12 3", "minutes": 5}),
        (MessageKind.CONTACT_CODE, {"code": "123456", "minutes": 0}),
        (MessageKind.IDENTITY_ISSUED, {"at": AT.replace(tzinfo=None)}),
        (MessageKind.CODE_ISSUED, {"authenticator": "brick", "at": AT}),
        (MessageKind.CHANGE_CONFIRMED, {"field": "+4520123456", "at": AT}),
        (MessageKind.CHANGE_STOPPED, {"field": "phone", "by": "anna@example.dk"}),
        (MessageKind.IDENTITY_BLOCKED, {"by": "", "at": AT}),
        (MessageKind.OFFICER_ACTED, {"act": "Anna Berg", "organisation": "x", "at": AT}),
        (MessageKind.REPLY_STOPPED, {"field": "phone", "block_code": "12345"}),
        (MessageKind.REPLY_STOPPED, {"field": "phone", "block_code": "١٢٣٤"}),
    ],
)
def test_a_message_holds_codes_and_numbers_only(kind, values):
    with pytest.raises(ValueError, match=r".+"):
        BY_KIND[kind](**values)


def test_only_a_code_goes_before_alerts():
    first = [kind for kind, message in BY_KIND.items() if message.priority == 1]
    assert first == [MessageKind.CONTACT_CODE, MessageKind.ACTIVATION_CODE, MessageKind.TEMPORARY_PIN]


def test_the_templates_use_no_tags():
    """Words only: a tag would be a rule in a template."""
    folder = settings.BASE_DIR / "templates" / "messages"
    engine = Engine()
    for file in folder.rglob("*.txt"):
        kinds = {type(node).__name__ for node in engine.from_string(file.read_text(encoding="utf-8")).nodelist}
        assert kinds <= {"TextNode", "VariableNode"}
