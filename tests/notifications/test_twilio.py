"""Text messages through Twilio's client against a stand-in that answers as Twilio does."""

import logging
from datetime import timedelta
from uuid import uuid4

import pytest

from notifications.transports import OutgoingSms, PermanentFailure, TemporaryFailure
from notifications.transports.twilio_sms import PERMANENT_CODES, TwilioSms
from tests.notifications.conftest import PHONE
from tests.notifications.twilio_stand_in import Hang, Raw, Refuse, Reset

TEXT = "MitID: Dit bruger-ID kan ændres. Svar NO 1234."


@pytest.fixture
def sms(now):
    return OutgoingSms(delivery_id=uuid4(), to=PHONE, text=TEXT, at=now)


def test_a_message_is_accepted_under_twilios_own_name(twilio, sms):
    accepted = TwilioSms().send(sms)
    (message,) = twilio.accepted
    assert accepted.provider_reference == message.sid
    assert message.form == {"To": PHONE, "Body": TEXT, "From": "+4592400000"}


def test_a_messaging_service_is_named_as_such(twilio, sms, settings):
    settings.TWILIO_FROM = "MG" + "0" * 32
    TwilioSms().send(sms)
    assert twilio.accepted[0].form == {"To": PHONE, "Body": TEXT, "MessagingServiceSid": "MG" + "0" * 32}


@pytest.mark.parametrize(("left", "seconds"), [(600, "600"), (-5, "1"), (86_400, "14400")])
def test_a_code_is_valid_at_the_network_no_longer_than_it_is_useful(twilio, now, left, seconds):
    TwilioSms().send(
        OutgoingSms(delivery_id=uuid4(), to=PHONE, text=TEXT, at=now, useful_until=now + timedelta(seconds=left))
    )
    assert twilio.accepted[0].form["ValidityPeriod"] == seconds


@pytest.mark.parametrize("code", sorted(PERMANENT_CODES))
def test_a_number_that_cannot_be_reached_is_a_permanent_failure(twilio, sms, code):
    twilio.faults.append(Refuse(400, code))
    with pytest.raises(PermanentFailure) as failure:
        TwilioSms().send(sms)
    assert failure.value.code == f"twilio_{code}"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Refuse(429, 20429), "twilio_20429"),
        (Refuse(500, 20500), "twilio_20500"),
        (Refuse(503, 20503), "twilio_20503"),
        (Refuse(400, 99999), "twilio_99999"),
        (Raw(502, b"<html>Bad Gateway</html>"), "twilio_502"),
        (Raw(503, b""), "twilio_503"),
        (Hang(2), "twilio_timeout"),
        (Reset(), "twilio_unreachable"),
        (Raw(201, b'{"sid": "SM', length=2000), "twilio_"),
        (Raw(201, b"<html>Welcome to the hotel</html>"), "twilio_bad_reply"),
        (Raw(200, b"[]"), "twilio_bad_reply"),
        (Raw(201, b"{}"), "twilio_bad_reply"),
        (Raw(201, b'{"sid": 7}'), "twilio_bad_reply"),
        (Raw(400, b'["no"]'), "twilio_400"),
    ],
)
def test_every_other_fault_is_temporary(twilio, sms, fault, code):
    twilio.faults.append(fault)
    with pytest.raises(TemporaryFailure) as failure:
        TwilioSms().send(sms)
    assert failure.value.code.startswith(code)
    assert twilio.accepted == []


def test_a_port_where_nobody_listens_is_a_temporary_failure(sms, settings):
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC" + "0" * 32, "x"
    settings.TWILIO_FROM, settings.TWILIO_BASE_URL = "+4592400000", "http://127.0.0.1:1"
    with pytest.raises(TemporaryFailure, match="twilio_unreachable"):
        TwilioSms().send(sms)


def test_a_wrong_password_is_temporary_and_shouted(twilio, sms, settings, caplog):
    settings.TWILIO_AUTH_TOKEN = "wrong"
    with pytest.raises(TemporaryFailure, match="twilio_20003"):
        TwilioSms().send(sms)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


@pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_an_account_that_is_not_set_up_is_temporary_and_shouted(twilio, sms, settings, caplog, name):
    setattr(settings, name, "")
    with pytest.raises(TemporaryFailure, match="twilio_not_set_up"):
        TwilioSms().send(sms)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    assert twilio.requests == []


def test_nothing_personal_is_logged_whatever_happens(twilio, sms, caplog):
    caplog.set_level(logging.DEBUG)
    TwilioSms().send(sms)
    twilio.faults.extend([Refuse(400, 21211), Refuse(401, 20003), Raw(201, b"{}")])
    for _ in range(3):
        with pytest.raises((TemporaryFailure, PermanentFailure)):
            TwilioSms().send(sms)
    assert not any(word in caplog.text for word in (PHONE, PHONE[3:], "NO 1234", twilio.auth_token))
