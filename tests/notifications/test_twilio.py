"""Text messages through Twilio's client against a stand-in that answers as Twilio does."""

import logging
from datetime import timedelta
from uuid import uuid4

import pytest

from notifications.states import ReportStatus
from notifications.transports import (
    FaultOfOurs,
    NoAnswer,
    OutgoingSms,
    PermanentFailure,
    ProviderReport,
    RefusedHere,
    TemporaryFailure,
)
from notifications.transports.twilio_codes import MEANINGS, Remedy
from notifications.transports.twilio_sms import TwilioSms, _callback_address
from tests.notifications.conftest import PHONE
from tests.notifications.twilio_stand_in import Drip, Hang, Raw, Refuse, Reset

TEXT = "MitID: Dit bruger-ID kan ændres. Svar NO 1234."
HTTP = "notifications.transports.http_sms.HttpSms"


@pytest.fixture
def sms(now):
    return OutgoingSms(delivery_id=uuid4(), to=PHONE, text=TEXT, at=now)


@pytest.fixture
def two_providers(twilio, settings):
    """Somebody else is there beside Twilio."""
    settings.SMS_TRANSPORTS = [*settings.SMS_TRANSPORTS, HTTP]


def with_remedy(*remedies, is_alarm=None):
    found = [code for code, meaning in MEANINGS.items() if meaning.remedy in remedies]
    return sorted(code for code in found if is_alarm is None or MEANINGS[code].is_alarm is is_alarm)


def form_of(message):
    return {name: value for name, value in message.form.items() if name != "StatusCallback"}


def test_a_message_is_accepted_under_twilios_own_name_with_its_parts(twilio, sms):
    accepted = TwilioSms().send(sms)
    (message,) = twilio.accepted
    assert (accepted.provider_reference, accepted.segments, accepted.cost_micro) == (message.sid, 1, None)
    assert form_of(message) == {"To": PHONE, "Body": TEXT, "From": "+4592400000"}


def test_a_messaging_service_is_named_as_such_and_knows_the_parts_later(twilio, sms, settings):
    settings.TWILIO_FROM = "MG" + "0" * 32
    assert TwilioSms().send(sms).segments is None
    assert form_of(twilio.accepted[0]) == {"To": PHONE, "Body": TEXT, "MessagingServiceSid": "MG" + "0" * 32}


def test_reports_come_to_an_address_that_holds_the_deliverys_id(twilio, sms, settings):
    settings.PUBLIC_ADDRESS = "https://portal.mitid.example/"
    TwilioSms().send(sms)
    expected = f"https://portal.mitid.example/api/notifications/twilio/status/{sms.delivery_id}/"
    assert twilio.accepted[0].form["StatusCallback"] == expected


def test_a_portal_that_twilio_cannot_reach_asks_for_no_reports(twilio, sms, settings):
    assert _callback_address(sms) is not None
    settings.TWILIO_BASE_URL = ""
    assert _callback_address(sms) is None


@pytest.mark.parametrize(
    ("to", "form"),
    [
        ("+4520123456", {"From": "+4592400000"}),
        ("+46701234567", {"From": "Legitimation"}),
        ("+4795912345", {"MessagingServiceSid": "MG" + "1" * 32}),
        ("+299221234", {"From": "+4592400000"}),
    ],
)
def test_the_sender_is_the_countrys(twilio, now, settings, to, form):
    settings.TWILIO_SENDERS = {"+4": "wrong", "+45": "+4592400000", "+46": "Legitimation", "+47": "MG" + "1" * 32}
    TwilioSms().send(OutgoingSms(delivery_id=uuid4(), to=to, text=TEXT, at=now))
    assert form_of(twilio.accepted[0]) == {"To": to, "Body": TEXT} | form


@pytest.mark.parametrize(("left", "seconds"), [(600, "600"), (-5, "1"), (86_400, "14400")])
def test_a_code_is_valid_at_the_network_no_longer_than_it_is_useful(twilio, now, left, seconds):
    TwilioSms().send(
        OutgoingSms(delivery_id=uuid4(), to=PHONE, text=TEXT, at=now, useful_until=now + timedelta(seconds=left))
    )
    assert twilio.accepted[0].form["ValidityPeriod"] == seconds


@pytest.mark.parametrize("code", with_remedy(Remedy.NEXT_ADDRESS, Remedy.FALLBACK))
def test_a_number_that_cannot_be_reached_is_a_permanent_failure(two_providers, twilio, sms, caplog, code):
    twilio.faults.append(Refuse(400, code))
    with pytest.raises(PermanentFailure) as failure:
        TwilioSms().send(sms)
    assert failure.value.code == f"twilio_{code}"
    assert caplog.records == []


@pytest.mark.parametrize("code", with_remedy(Remedy.REPAIR))
def test_what_is_wrong_with_us_is_ours_to_repair_and_shouted(twilio, sms, caplog, code):
    twilio.faults.append(Refuse(400, code))
    with pytest.raises(FaultOfOurs, match=f"twilio_{code}"):
        TwilioSms().send(sms)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


@pytest.mark.parametrize("code", with_remedy(Remedy.OTHER_PROVIDER))
def test_what_twilio_does_not_serve_waits_for_another_provider_if_there_is_one(two_providers, twilio, sms, code):
    twilio.faults.append(Refuse(403, code))
    with pytest.raises(TemporaryFailure, match=f"twilio_{code}"):
        TwilioSms().send(sms)


@pytest.mark.parametrize("code", with_remedy(Remedy.OTHER_PROVIDER))
def test_what_nobody_serves_goes_to_another_address_at_once(twilio, sms, code):
    twilio.faults.append(Refuse(403, code))
    with pytest.raises(PermanentFailure, match=f"twilio_{code}"):
        TwilioSms().send(sms)


@pytest.mark.parametrize("providers", [1, 2])
def test_a_closed_country_is_shouted_whoever_else_serves_it(twilio, sms, settings, caplog, providers):
    settings.SMS_TRANSPORTS = [*settings.SMS_TRANSPORTS, HTTP][:providers]
    twilio.closed_countries.add("+45")
    with pytest.raises(RefusedHere if providers == 2 else PermanentFailure, match="twilio_21408"):
        TwilioSms().send(sms)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


@pytest.mark.parametrize(
    ("fault", "code", "leaves_doubt"),
    [
        (Refuse(429, 20429, (("Retry-After", "1"),)), "twilio_20429", False),
        (Refuse(500, 20500), "twilio_20500", True),
        (Refuse(503, 20503), "twilio_20503", True),
        (Refuse(400, 99999), "twilio_99999", False),
        (Raw(429, b"<html>slow down</html>"), "twilio_429", False),
        (Raw(429, b'["no"]'), "twilio_429", False),
        (Raw(502, b"<html>Bad Gateway</html>"), "twilio_502", True),
        (Raw(503, b""), "twilio_503", True),
        (Raw(307, b"<html>elsewhere</html>"), "twilio_307", False),
        (Hang(2), "twilio_timeout", True),
        (Reset(), "twilio_cut_off", True),
        (Raw(201, b'{"sid": "SM', length=2000), "twilio_", True),
        (Raw(201, b"<html>Welcome to the hotel</html>"), "twilio_bad_reply", True),
        (Raw(200, b"[]"), "twilio_bad_reply", True),
        (Raw(201, b"{}"), "twilio_bad_reply", True),
        (Raw(201, b'{"sid": 7}'), "twilio_bad_reply", True),
        (Raw(201, b"[" * 100_000), "twilio_bad_reply", True),
        (Raw(201, b" " * 2_000_000), "twilio_bad_reply", True),
        (Raw(400, b'["no"]'), "twilio_400", False),
    ],
)
def test_every_other_fault_is_temporary_and_says_whether_the_message_may_be_out(twilio, sms, fault, code, leaves_doubt):
    twilio.faults.append(fault)
    with pytest.raises(TemporaryFailure) as failure:
        TwilioSms().send(sms)
    assert failure.value.code.startswith(code)
    assert (failure.value.leaves_doubt, twilio.accepted) == (leaves_doubt, [])


def test_an_answer_that_drips_has_an_end_and_leaves_a_doubt(twilio, sms):
    twilio.faults.append(Drip(0.05))
    with pytest.raises(NoAnswer, match="twilio_timeout"):
        TwilioSms().send(sms)
    assert len(twilio.accepted) == 1


def test_a_port_where_nobody_listens_is_a_temporary_failure_without_doubt(sms, settings):
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC" + "0" * 32, "x"
    settings.TWILIO_FROM, settings.TWILIO_BASE_URL = "+4592400000", "http://127.0.0.1:1"
    with pytest.raises(TemporaryFailure, match="twilio_unreachable") as failure:
        TwilioSms().send(sms)
    assert not failure.value.leaves_doubt


def test_a_wrong_password_is_ours_to_repair_and_shouted(twilio, sms, settings, caplog):
    settings.TWILIO_AUTH_TOKEN = "wrong"
    with pytest.raises(FaultOfOurs, match="twilio_20003"):
        TwilioSms().send(sms)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


@pytest.mark.parametrize("name", ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"])
def test_an_account_that_is_not_set_up_is_ours_to_repair_and_shouted(twilio, sms, settings, caplog, name):
    setattr(settings, name, "")
    with pytest.raises(FaultOfOurs, match="twilio_not_set_up"):
        TwilioSms().send(sms)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]
    assert twilio.requests == []


def test_nothing_personal_is_logged_whatever_happens(twilio, sms, now, caplog):
    caplog.set_level(logging.DEBUG)
    TwilioSms().send(sms)
    twilio.faults.extend([Refuse(400, 21211), Refuse(401, 20003), Raw(201, b"{}")])
    for _ in range(3):
        with pytest.raises((TemporaryFailure, PermanentFailure)):
            TwilioSms().send(sms)
    TwilioSms().find(sms, since=now, is_taken=nobodys)
    assert not any(word in caplog.text for word in (PHONE, PHONE[3:], "NO 1234", twilio.auth_token))


def nobodys(_reference):
    return False


class TestFind:
    """ALR-4: before a message whose yes was lost is sent again, Twilio is asked whether it has it."""

    @pytest.mark.parametrize(
        "fault", [Hang(2, accepts=True), Reset(accepts=True), Raw(201, b'{"si', length=900, accepts=True)]
    )
    def test_a_message_whose_yes_was_lost_is_found(self, twilio, sms, now, fault):
        twilio.faults.append(fault)
        with pytest.raises(NoAnswer):
            TwilioSms().send(sms)
        found = TwilioSms().find(sms, since=now, is_taken=nobodys)
        assert (found.provider_reference, len(twilio.accepted)) == (twilio.accepted[0].sid, 1)

    def test_it_is_found_while_it_is_queued_and_has_no_date_of_sending(self, twilio, sms, now):
        TwilioSms().send(sms)
        assert twilio.page({"To": PHONE, "DateSent>": "2020-01-01"})["messages"] == []
        assert TwilioSms().find(sms, since=now, is_taken=nobodys) is not None

    def test_what_was_never_taken_is_not_found(self, twilio, sms, now):
        twilio.faults.append(Reset())
        with pytest.raises(NoAnswer):
            TwilioSms().send(sms)
        assert TwilioSms().find(sms, since=now, is_taken=nobodys) is None

    @pytest.mark.parametrize(
        "changes",
        [{"body": "another"}, {"to": "+4520999999"}, {"status": "failed"}, {"created_at": 1_000_000_000.0}],
    )
    def test_another_message_is_not_taken_for_it(self, twilio, sms, now, changes):
        TwilioSms().send(sms)
        for name, value in changes.items():
            setattr(twilio.accepted[0], name, value)
        assert TwilioSms().find(sms, since=now, is_taken=nobodys) is None

    def test_another_deliverys_message_of_the_same_words_is_not_taken_for_it(self, twilio, sms, now):
        first, second = TwilioSms().send(sms), TwilioSms().send(sms)
        found = TwilioSms().find(sms, since=now, is_taken={second.provider_reference}.__contains__)
        assert found.provider_reference == first.provider_reference

    def test_it_is_found_on_a_later_page(self, twilio, sms, now):
        TwilioSms().send(sms)
        for number in range(60):
            twilio.accept({"To": PHONE, "Body": f"{number}", "From": "+4592400000"})
        assert TwilioSms().find(sms, since=now, is_taken=nobodys) is not None
        assert len(twilio.lookups) == 2

    def test_a_number_with_a_long_history_can_still_be_looked_up(self, twilio, sms, now):
        """Twilio keeps over a year of messages; what is older than the delivery says nothing about it."""
        for number in range(300):
            old = {"To": PHONE, "Body": f"{number}", "From": "+4592400000"}
            twilio.accept(old)
        for message in twilio.accepted:
            message.created_at = 1_000_000_000.0
        assert TwilioSms().find(sms, since=now, is_taken=nobodys) is None
        assert len(twilio.lookups) <= 2
        TwilioSms().send(sms)
        assert TwilioSms().find(sms, since=now, is_taken=nobodys) is not None

    def test_with_too_many_to_look_through_nobody_can_tell(self, twilio, sms, now):
        TwilioSms().send(sms)
        for number in range(200):
            twilio.accept({"To": PHONE, "Body": f"{number}", "From": "+4592400000"})
        with pytest.raises(TemporaryFailure, match="too_many"):
            TwilioSms().find(sms, since=now, is_taken=nobodys)

    @pytest.mark.parametrize("fault", [Refuse(500, 20500), Hang(2), Reset(), Raw(200, b"<html>"), Refuse(429, 20429)])
    def test_a_fault_while_looking_means_that_nobody_can_tell(self, twilio, sms, now, fault):
        twilio.lookup_faults.append(fault)
        with pytest.raises(TemporaryFailure):
            TwilioSms().find(sms, since=now, is_taken=nobodys)


class TestReport:
    """What became of a message, when nobody told."""

    def test_price_and_parts_come_with_it(self, twilio, sms):
        sid = TwilioSms().send(sms).provider_reference
        twilio.accepted[0].has_come("delivered", price="-0.05460")
        expected = ProviderReport(ReportStatus.DELIVERED, "twilio_delivered", 1, 54_600, "USD")
        assert TwilioSms().report_of(sid) == expected

    @pytest.mark.parametrize(
        ("status", "error_code", "expected"),
        [
            ("accepted", None, ReportStatus.ON_ITS_WAY),
            ("sent", None, ReportStatus.ON_ITS_WAY),
            ("undelivered", 30003, ReportStatus.FAILED_FOR_NOW),
            ("undelivered", 30005, ReportStatus.FAILED_FOR_GOOD),
            ("undelivered", 30006, ReportStatus.FAILED_FOR_GOOD),
            ("failed", 21610, ReportStatus.FAILED_FOR_GOOD),
            ("failed", 30007, ReportStatus.FAILED_FOR_GOOD),
            ("failed", None, ReportStatus.FAILED_FOR_NOW),
            ("failed", 30002, ReportStatus.FAILED_FOR_NOW),
        ],
    )
    def test_each_status_is_one_of_ours(self, twilio, sms, status, error_code, expected):
        sid = TwilioSms().send(sms).provider_reference
        twilio.accepted[0].has_come(status, error_code=error_code)
        report = TwilioSms().report_of(sid)
        assert (report.status, report.code) == (expected, f"twilio_{error_code or status}")

    def test_what_another_provider_may_deliver_is_tried_again(self, two_providers, twilio, sms):
        sid = TwilioSms().send(sms).provider_reference
        twilio.accepted[0].has_come("undelivered", error_code=30007)
        assert TwilioSms().report_of(sid).status is ReportStatus.FAILED_FOR_NOW

    @pytest.mark.parametrize("price", ["", "free", "NaN", "-Infinity", "1e99", None])
    def test_a_price_that_makes_no_sense_is_not_known(self, twilio, sms, price):
        sid = TwilioSms().send(sms).provider_reference
        twilio.accepted[0].has_come("delivered", price=price)
        report = TwilioSms().report_of(sid)
        assert (report.cost_micro, report.currency) == (None, "")

    def test_a_message_that_twilio_does_not_know_has_none(self, twilio):
        assert TwilioSms().report_of("SM" + "0" * 32) is None

    def test_another_account_is_ours_to_repair_not_an_unknown_message(self, twilio, sms, settings):
        settings.TWILIO_ACCOUNT_SID = "AC" + "f" * 32
        with pytest.raises(FaultOfOurs, match="twilio_20404"):
            TwilioSms().send(sms)
