"""Answers by text message: signature first, and each acted on once."""

import json
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import RequestFactory
from twilio.request_validator import RequestValidator

from notifications.inbound import read_inbound_http_sms, read_inbound_sms
from notifications.models import ReceivedSms
from notifications.signed_calls import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature_of
from notifications.states import CarrierWord
from notifications.steps import note_inbound_sms

TOKEN = "a-token"
FORM = {"From": "+4520123456", "To": "+4592400000", "Body": "NO 1234", "MessageSid": "SM" + "a" * 32, "NumMedia": "0"}
PATH = "/sms/inbound/?x=1"


@pytest.fixture(autouse=True)
def own_settings(settings):
    settings.TWILIO_AUTH_TOKEN = TOKEN
    settings.PUBLIC_ADDRESS = "https://portal.mitid.example"


def call(form=FORM, *, signed=None, path=PATH, token=TOKEN, address="https://portal.mitid.example", **extra):
    signature = RequestValidator(token).compute_signature(address + path, signed or form)
    return RequestFactory().post(path, form, headers={"X-Twilio-Signature": signature}, **extra)


@pytest.mark.django_db
def test_a_signed_call_is_read():
    sms = read_inbound_sms(call())
    assert (sms.sender, sms.text, sms.provider_id) == ("+4520123456", "NO 1234", FORM["MessageSid"])


@pytest.mark.django_db
def test_what_a_proxy_makes_of_the_address_does_not_matter():
    assert read_inbound_sms(call(SERVER_NAME="10.0.0.7", SERVER_PORT="8000")) is not None


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(lambda: call(token="another"), id="another token"),
        pytest.param(lambda: call(signed=FORM | {"Body": "NO 9999"}), id="changed text"),
        pytest.param(lambda: call(signed=FORM | {"From": "+4599999999"}), id="changed sender"),
        pytest.param(lambda: call(FORM | {"Extra": "1"}, signed=FORM), id="added field"),
        pytest.param(lambda: call(address="https://elsewhere.example"), id="another host"),
        pytest.param(lambda: RequestFactory().post(PATH, FORM), id="no signature"),
        pytest.param(
            lambda: RequestFactory().post(PATH, FORM, headers={"X-Twilio-Signature": "æ"}), id="odd signature"
        ),
        pytest.param(lambda: RequestFactory().get(PATH, FORM), id="not a post"),
        pytest.param(lambda: call({key: FORM[key] for key in ("From", "Body")}), id="no message id"),
        pytest.param(lambda: call(FORM | {"MessageSid": "x" * 65}), id="long message id"),
        pytest.param(lambda: call(FORM | {"MessageSid": "SM\x00"}), id="null byte in the message id"),
    ],
)
def test_a_call_that_is_not_signed_by_us_is_none(request_):
    assert read_inbound_sms(request_()) is None


def test_without_a_token_nothing_is_read(settings):
    settings.TWILIO_AUTH_TOKEN = ""
    assert read_inbound_sms(call()) is None


@pytest.mark.django_db
def test_while_the_token_changes_the_one_before_is_believed_too(settings):
    settings.TWILIO_AUTH_TOKEN, settings.TWILIO_FORMER_AUTH_TOKEN = "the-new-one", TOKEN
    assert read_inbound_sms(call()) is not None
    assert read_inbound_sms(call(token="the-new-one")) is not None
    assert read_inbound_sms(call(token="a-third")) is None


@pytest.mark.django_db
def test_a_sender_that_is_no_number_is_empty_and_a_long_text_is_cut():
    sms = read_inbound_sms(call(FORM | {"From": "1415", "Body": "x" * 5000}))
    assert (sms.sender, len(sms.text)) == ("", 1600)


@pytest.mark.django_db
def test_a_second_copy_is_known_once_the_first_was_acted_on(now):
    with transaction.atomic():
        assert note_inbound_sms(provider_id=FORM["MessageSid"], now=now)
        assert not note_inbound_sms(provider_id=FORM["MessageSid"], now=now)


@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_leaves_no_note_so_that_the_copy_is_acted_on(now):
    with transaction.atomic():
        assert note_inbound_sms(provider_id=FORM["MessageSid"], now=now)
        transaction.set_rollback(True)
    assert not ReceivedSms.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "kind", "word"),
    [
        ("NO 1234", None, None),
        ("STOP", None, CarrierWord.STOP),  # without Advanced Opt-Out Twilio acts and does not say so
        ("STOP", "STOP", CarrierWord.STOP),
        ("AFMELD", "STOP", CarrierWord.STOP),  # a word that was set up at Twilio
        ("Start", "START", CarrierWord.START),
        ("HELP", "HELP", CarrierWord.HELP),
        ("NO 1234", "FOO", None),
    ],
)
def test_a_word_that_twilio_acted_on_is_told_apart(text, kind, word):
    form = FORM | {"Body": text} | ({"OptOutType": kind} if kind else {})
    assert read_inbound_sms(call(form)).carrier_word is word


SECRET = "a-shared-secret"
TOLD = {"id": "abc123", "from": "+4520123456", "text": "NO 1234"}


def http_call(told, *, at, secret=SECRET, body=None, method="post"):
    signed = body if body is not None else json.dumps(told).encode()
    timestamp = str(int(at.timestamp()))
    headers = {
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: signature_of(secret=secret, timestamp=timestamp, body=signed),
    }
    return getattr(RequestFactory(), method)("/x/", signed, content_type="application/json", headers=headers)


@pytest.fixture
def second(settings):
    settings.HTTP_SMS_SECRET = SECRET


@pytest.mark.django_db
def test_the_second_providers_call_is_read_and_its_ids_are_its_own(second, now):
    sms = read_inbound_http_sms(http_call(TOLD, at=now), now=now)
    assert (sms.sender, sms.text, sms.provider_id, sms.carrier_word) == ("+4520123456", "NO 1234", "http-abc123", None)
    stop = read_inbound_http_sms(http_call(TOLD | {"text": "stop"}, at=now), now=now)
    assert stop.carrier_word is CarrierWord.STOP


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(lambda now: http_call(TOLD, at=now, secret="another"), id="another secret"),
        pytest.param(lambda now: http_call(TOLD, at=now - timedelta(minutes=6)), id="played back"),
        pytest.param(lambda now: http_call(TOLD, at=now + timedelta(minutes=6)), id="from the future"),
        pytest.param(lambda now: http_call(TOLD, at=now, method="put"), id="not a post"),
        pytest.param(lambda now: http_call({}, at=now), id="nothing told"),
        pytest.param(lambda now: http_call(TOLD | {"text": 7}, at=now), id="no text"),
        pytest.param(lambda now: http_call(TOLD | {"from": None}, at=now), id="no sender"),
        pytest.param(lambda now: http_call(TOLD | {"id": "a b"}, at=now), id="odd id"),
        pytest.param(lambda now: http_call(TOLD | {"id": "x" * 60}, at=now), id="long id"),
        pytest.param(lambda now: http_call(None, at=now, body=b"\xff"), id="no JSON"),
        pytest.param(lambda now: http_call(None, at=now, body=b"[" * 60_000), id="deep JSON"),
        pytest.param(lambda now: http_call(TOLD | {"more": "x" * 70_000}, at=now), id="too long"),
        pytest.param(lambda now: RequestFactory().post("/x/", TOLD), id="no signature"),
    ],
)
def test_a_call_of_the_second_provider_that_is_not_signed_or_makes_no_sense_is_none(second, now, request_):
    assert read_inbound_http_sms(request_(now), now=now) is None


def test_without_a_shared_secret_nothing_of_the_second_provider_is_read(settings, now):
    settings.HTTP_SMS_SECRET = ""
    assert read_inbound_http_sms(http_call(TOLD, at=now, secret=" "), now=now) is None


@pytest.mark.django_db(transaction=True)
def test_a_note_outside_a_transaction_is_refused(now):
    with pytest.raises(transaction.TransactionManagementError):
        note_inbound_sms(provider_id="SM1", now=now)
