"""Text messages through the second provider, against a stand-in that answers as docs/http-sms.md says."""

import logging
from datetime import timedelta
from uuid import uuid4

import pytest

from notifications.states import ReportStatus
from notifications.transports import (
    Accepted,
    FaultOfOurs,
    NoAnswer,
    OutgoingSms,
    PermanentFailure,
    ProviderReport,
    TemporaryFailure,
)
from notifications.transports.http_sms import OURS, PERMANENT, HttpSms
from tests.notifications.conftest import PHONE
from tests.notifications.provider_faults import Drip, Hang, Raw, Refuse, Reset

TEXT = "MitID: Dit bruger-ID kan ændres. Svar NO 1234."


@pytest.fixture
def sms(now):
    return OutgoingSms(delivery_id=uuid4(), to=PHONE, text=TEXT, at=now)


def find(message, now):
    return HttpSms().find(message, since=now, is_taken=lambda _reference: False)


def test_a_message_is_accepted_with_its_parts_and_price(http_sms, sms):
    accepted = HttpSms().send(sms)
    (message,) = http_sms.accepted
    assert accepted == Accepted(message.id, 1, 31_000, "DKK")
    assert message.key == str(sms.delivery_id)
    assert message.asked == {
        "to": PHONE,
        "from": "+4592400001",
        "text": TEXT,
        "report_to": "http://127.0.0.1:8000/api/notifications/http-sms/status/",
    }


def test_a_code_is_valid_no_longer_than_it_is_useful(http_sms, now):
    until = now + timedelta(minutes=15)
    HttpSms().send(OutgoingSms(delivery_id=uuid4(), to=PHONE, text=TEXT, at=now, useful_until=until))
    assert http_sms.accepted[0].asked["valid_seconds"] == 900


def test_the_sender_is_the_countrys(http_sms, now, settings):
    settings.HTTP_SMS_SENDERS = {"+46": "Legitimation"}
    HttpSms().send(OutgoingSms(delivery_id=uuid4(), to="+46701234567", text=TEXT, at=now))
    assert http_sms.accepted[0].asked["from"] == "Legitimation"


def test_what_is_asked_twice_goes_out_once(http_sms, sms):
    assert HttpSms().send(sms) == HttpSms().send(sms)
    assert len(http_sms.accepted) == 1


def test_what_failed_goes_out_again_under_the_same_key(http_sms, sms):
    HttpSms().send(sms)
    http_sms.accepted[0].status = "failed"
    HttpSms().send(sms)
    assert len(http_sms.accepted) == 2


@pytest.mark.parametrize("error", sorted(PERMANENT))
def test_a_number_that_cannot_be_reached_is_a_permanent_failure(http_sms, sms, error):
    http_sms.faults.append(Refuse(422, error))
    with pytest.raises(PermanentFailure, match=f"http_{error}"):
        HttpSms().send(sms)


@pytest.mark.parametrize("fault", [*(Refuse(422, error) for error in sorted(OURS)), Refuse(403, "x"), Refuse(404, "x")])
def test_what_is_wrong_with_us_is_ours_to_repair_and_shouted(http_sms, sms, caplog, fault):
    http_sms.faults.append(fault)
    with pytest.raises(FaultOfOurs):
        HttpSms().send(sms)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


@pytest.mark.parametrize(
    ("fault", "code", "leaves_doubt"),
    [
        (Refuse(429, "busy", (("Retry-After", "1"),)), "http_busy", False),
        (Refuse(400, "what?"), "http_400", False),
        (Raw(500, b"<html>"), "http_500", True),
        (Raw(503, b""), "http_503", True),
        (Raw(302, b""), "http_302", True),
        (Hang(2, accepts=True), "http_timeout", True),
        (Reset(), "http_cut_off", True),
        (Raw(201, b'{"id": "a', length=2000), "http_", True),
        (Raw(201, b"<html>Welcome to the hotel</html>"), "http_bad_reply", True),
        (Raw(201, b"[]"), "http_bad_reply", True),
        (Raw(201, b"{}"), "http_bad_reply", True),
        (Raw(201, b'{"id": 7}'), "http_bad_reply", True),
        (Raw(201, b'{"id": "a b"}'), "http_bad_reply", True),
        (Raw(201, b'{"id": ""}'), "http_bad_reply", True),
        (Raw(201, b"\xff\xfe"), "http_bad_reply", True),
        (Raw(201, b"[" * 100_000), "http_bad_reply", True),
        (Raw(201, b" " * 2_000_000), "http_bad_reply", True),
        (Drip(0.05), "http_timeout", True),
    ],
)
def test_every_other_fault_is_temporary_and_says_whether_the_message_may_be_out(
    http_sms, sms, fault, code, leaves_doubt
):
    http_sms.faults.append(fault)
    with pytest.raises(TemporaryFailure) as failure:
        HttpSms().send(sms)
    assert failure.value.code.startswith(code)
    assert failure.value.leaves_doubt == leaves_doubt


def test_nobody_at_its_address_leaves_no_doubt(http_sms, sms, settings):
    settings.HTTP_SMS_URL = "http://127.0.0.1:1/v1"
    with pytest.raises(TemporaryFailure, match="http_unreachable") as failure:
        HttpSms().send(sms)
    assert not failure.value.leaves_doubt


@pytest.mark.parametrize("name", ["HTTP_SMS_URL", "HTTP_SMS_KEY", "HTTP_SMS_FROM"])
def test_an_account_that_is_not_set_up_is_ours_to_repair_and_shouted(http_sms, sms, settings, caplog, name):
    setattr(settings, name, "")
    with pytest.raises(FaultOfOurs, match="http_not_set_up"):
        HttpSms().send(sms)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    assert http_sms.requests == []


@pytest.mark.parametrize("told", [{"segments": 0}, {"segments": True}, {"cost_micro": -1}, {"currency": "kr."}])
def test_parts_and_price_that_make_no_sense_are_not_known(http_sms, sms, told):
    known = {"id": "abc", "segments": 1, "cost_micro": 5, "currency": "DKK"} | told
    http_sms.faults.append(Raw(201, str(known).replace("'", '"').replace("True", "true").encode()))
    accepted = HttpSms().send(sms)
    assert None in {accepted.segments, accepted.cost_micro}
    assert (accepted.cost_micro is None) == (accepted.currency == "")


def test_a_message_whose_yes_was_lost_is_found_by_its_key(http_sms, sms, now):
    http_sms.faults.append(Reset(accepts=True))
    with pytest.raises(NoAnswer):
        HttpSms().send(sms)
    assert find(sms, now).provider_reference == http_sms.accepted[0].id


def test_what_was_never_taken_or_failed_is_not_found(http_sms, sms, now):
    assert find(sms, now) is None
    HttpSms().send(sms)
    http_sms.accepted[0].status = "failed"
    assert find(sms, now) is None


@pytest.mark.parametrize("fault", [Refuse(500, "x"), Hang(2), Reset(), Raw(200, b"<html>"), Raw(404, b"<html>")])
def test_a_fault_while_looking_means_that_nobody_can_tell(http_sms, sms, now, fault):
    http_sms.lookup_faults.append(fault)
    with pytest.raises(TemporaryFailure):
        find(sms, now)


@pytest.mark.parametrize(
    ("status", "error", "expected", "code"),
    [
        ("queued", None, ReportStatus.ON_ITS_WAY, "http_queued"),
        ("delivered", None, ReportStatus.DELIVERED, "http_delivered"),
        ("failed", "phone_off", ReportStatus.FAILED_FOR_NOW, "http_phone_off"),
        ("failed", "no_funds", ReportStatus.FAILED_FOR_NOW, "http_no_funds"),
        ("failed", "unknown_number", ReportStatus.FAILED_FOR_GOOD, "http_unknown_number"),
    ],
)
def test_what_became_of_a_message_can_be_asked(http_sms, sms, status, error, expected, code):
    reference = HttpSms().send(sms).provider_reference
    http_sms.accepted[0].status, http_sms.accepted[0].error = status, error
    assert HttpSms().report_of(reference) == ProviderReport(expected, code, 1, 31_000, "DKK")


def test_a_message_that_the_provider_does_not_know_has_no_report(http_sms):
    assert HttpSms().report_of("0" * 32) is None


@pytest.mark.parametrize("fault", [Raw(200, b'{"status": "gone"}'), Raw(200, b'{"status": []}'), Raw(200, b"")])
def test_a_report_that_makes_no_sense_is_a_temporary_failure(http_sms, fault):
    http_sms.lookup_faults.append(fault)
    with pytest.raises(TemporaryFailure):
        HttpSms().report_of("0" * 32)


def test_nothing_personal_is_logged_whatever_happens(http_sms, sms, now, caplog):
    caplog.set_level(logging.DEBUG)
    HttpSms().send(sms)
    http_sms.faults.extend([Refuse(422, "blocked"), Refuse(401, "no_account"), Raw(201, b"{}")])
    for _ in range(3):
        with pytest.raises((TemporaryFailure, PermanentFailure)):
            HttpSms().send(sms)
    find(sms, now)
    assert not any(word in caplog.text for word in (PHONE, PHONE[3:], "NO 1234", http_sms.key, http_sms.secret))
