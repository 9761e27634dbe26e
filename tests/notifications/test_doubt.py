"""An attempt of which nobody can say whether it got through is looked up before it is sent again (ALR-4)."""

from datetime import timedelta
from itertools import pairwise

import pytest

from notifications.models import Delivery
from notifications.queries import provider_minutes
from notifications.rules.retry import (
    ALERT_WAITS_IN_DOUBT,
    CODE_WAITS_IN_DOUBT,
    WAITS_AFTER_COPIES,
    patience_in_doubt,
)
from notifications.states import DeliveryState, Priority
from notifications.transports import Accepted, NoAnswer, TemporaryFailure
from notifications.usecases.claim_delivery import begin_anew, claim_delivery
from notifications.usecases.deliver import deliver
from notifications.usecases.settle_delivery import Settlement
from tests.notifications.conftest import email_address, put, sms_address
from tests.notifications.mail_server import MailServer
from tests.notifications.samples import change_requested
from tests.notifications.scripted_provider import NAME, OTHER, scripted

pytestmark = pytest.mark.django_db
LEASE = timedelta(seconds=60)
CANNOT_TELL = TemporaryFailure("scripted_unreachable")


@pytest.fixture
def providers(settings):
    with scripted(settings) as scripts:
        yield scripts


def of(id_):
    return Delivery.objects.get(id=id_)


def claim_and_die(id_, now):
    """A worker takes the delivery, asks the provider, and is never heard of again."""
    assert claim_delivery(
        delivery_id=id_, now=now, lease_for=LEASE, unanswered_limit=24, provider_for=lambda _channel, _avoided: NAME
    )


def alert(now):
    return put(now, sms_address(), message=change_requested())[0]


def test_a_message_that_the_dead_worker_sent_is_found_and_not_sent_again(now, providers):
    first, second = providers
    id_ = alert(now)
    claim_and_die(id_, now)
    first.found = [Accepted("scripted-7", segments=1)]
    assert deliver(delivery_id=id_, now=now + LEASE) is Settlement.SENT
    found = of(id_)
    assert (found.state, found.provider, found.provider_reference) == (DeliveryState.SENT, NAME, "scripted-7")
    assert (found.maybe_doubled, found.in_doubt_since, found.attempts) == (0, None, 2)
    assert (first.sent, second.sent, first.taken) == ([], [], [False])
    assert found.receipt_due_at is not None


def test_of_two_that_find_the_same_message_the_later_is_sent_after_all(now, providers):
    """Their leases ended together, and both looked before either had written down what it found."""
    first, _second = providers
    one, other = alert(now), alert(now)
    for id_ in (one, other):
        claim_and_die(id_, now)
    first.found = [Accepted("scripted-7"), Accepted("scripted-7")]
    assert deliver(delivery_id=one, now=now + LEASE) is Settlement.SENT
    assert deliver(delivery_id=other, now=now + LEASE) is Settlement.POSTPONED
    found = of(other)
    assert (found.state, found.failure, found.provider_reference) == (DeliveryState.QUEUED, "found_for_another", "")
    assert deliver(delivery_id=other, now=found.next_attempt_at) is Settlement.SENT
    assert (len(first.sent), of(other).maybe_doubled) == (1, 0)


def test_a_message_that_never_went_out_is_sent(now, providers):
    first, _second = providers
    id_ = alert(now)
    claim_and_die(id_, now)
    assert deliver(delivery_id=id_, now=now + LEASE) is Settlement.SENT
    assert (len(first.looked_up), len(first.sent), of(id_).maybe_doubled) == (1, 1, 0)
    assert first.sent[0].attempt == 2


def test_an_answer_that_was_lost_is_looked_up_as_well(now, providers):
    first, _second = providers
    id_ = alert(now)
    first.answers = [NoAnswer("scripted_timeout")]
    first.found = [Accepted("scripted-7")]
    assert deliver(delivery_id=id_, now=now) is Settlement.POSTPONED
    assert of(id_).in_doubt_since is not None
    assert deliver(delivery_id=id_, now=of(id_).next_attempt_at) is Settlement.SENT
    assert (len(first.sent), of(id_).provider_reference) == (1, "scripted-7")


def test_a_plain_not_now_leaves_no_doubt_and_needs_no_look(now, providers):
    first, _second = providers
    id_ = alert(now)
    first.answers = [TemporaryFailure("scripted_429")]
    deliver(delivery_id=id_, now=now)
    assert of(id_).in_doubt_since is None
    assert deliver(delivery_id=id_, now=of(id_).next_attempt_at) is Settlement.SENT
    assert first.looked_up == []


def test_while_nobody_can_tell_an_alert_waits_and_is_then_sent_by_the_other_and_counted(now, providers):
    first, second = providers
    id_ = alert(now)
    claim_and_die(id_, now)
    first.found = [CANNOT_TELL] * 50
    while True:
        due = of(id_).next_attempt_at
        settled = deliver(delivery_id=id_, now=due)
        if settled is not Settlement.POSTPONED:
            break
        assert of(id_).failure == "in_doubt"
        assert (first.sent, second.sent) == ([], [])
    assert due - (now + LEASE) >= ALERT_WAITS_IN_DOUBT
    assert settled is Settlement.SENT
    found = of(id_)
    assert (len(first.sent), len(second.sent), found.provider, found.maybe_doubled) == (0, 1, OTHER, 1)
    assert found.in_doubt_since is None


@pytest.mark.parametrize(
    ("priority", "copies", "can_be_told", "patience"),
    [
        (Priority.CODE, 0, True, CODE_WAITS_IN_DOUBT),
        (Priority.ALERT, 0, True, ALERT_WAITS_IN_DOUBT),
        (Priority.ALERT, 0, False, timedelta()),
        (Priority.ALERT, 1, False, ALERT_WAITS_IN_DOUBT),
        (Priority.ALERT, 2, False, WAITS_AFTER_COPIES),
        (Priority.CODE, 9, True, WAITS_AFTER_COPIES),
    ],
)
def test_a_code_waits_less_and_what_was_copied_twice_waits_long(priority, copies, can_be_told, patience):
    assert patience_in_doubt(priority=priority, copies=copies, can_be_told=can_be_told) == patience
    assert timedelta(hours=1) > ALERT_WAITS_IN_DOUBT  # CHG-3: the window in which a change can be stopped


def test_of_two_with_the_same_words_each_is_told_which_message_is_the_others(now, providers):
    first, _second = providers
    one, other = alert(now), alert(now)
    deliver(delivery_id=one, now=now)
    claim_and_die(other, now)
    first.found = [Accepted("scripted-1")]
    deliver(delivery_id=other, now=now + LEASE)
    assert first.taken == [True]


def test_a_mail_in_doubt_goes_out_at_once_as_the_copy_that_mail_programs_know(now, settings, mail_server: MailServer):
    (id_,) = put(now, email_address(), message=change_requested())
    assert claim_delivery(
        delivery_id=id_, now=now, lease_for=LEASE, unanswered_limit=24, provider_for=lambda _channel, _avoided: "smtp"
    )
    assert deliver(delivery_id=id_, now=of(id_).next_attempt_at) is Settlement.SENT
    assert of(id_).maybe_doubled == 1


@pytest.fixture
def answers_late(mail_server: MailServer, settings) -> MailServer:
    """A server that has each e-mail before it answers, and answers later than we wait."""
    settings.EMAIL_ANSWER_SECONDS = 0.1
    mail_server.answers_after_seconds = 0.5
    return mail_server


def test_a_mail_server_that_looks_into_e_mails_before_it_answers_gets_each_once(now, mail_server, settings):
    """RFC 5321 section 4.5.3.2.6: the wait for this answer is longer than for any other."""
    settings.EMAIL_TIMEOUT, settings.EMAIL_ANSWER_SECONDS = 0.3, 20
    mail_server.answers_after_seconds = 1.0
    ids = [put(now, email_address(), message=change_requested())[0] for _ in range(2)]
    assert [deliver(delivery_id=id_, now=now) for id_ in ids] == [Settlement.SENT] * 2
    assert (len(mail_server.received), len(mail_server.conversations)) == (2, 1)


def test_an_e_mails_lease_lasts_as_long_as_its_answer_may_take(now, settings):
    settings.EMAIL_ANSWER_SECONDS = 45
    (mail,), (text,) = put(now, email_address()), put(now, sms_address())
    claim_and_die(mail, now)
    claim_and_die(text, now)
    assert of(text).next_attempt_at == now + LEASE
    assert of(mail).next_attempt_at == now + LEASE + timedelta(seconds=45)


def test_a_mail_server_that_never_says_yes_gets_few_copies_and_not_hundreds(now, settings, answers_late, caplog):
    """ALR-4: a copy is risked, and counted; and where each vanishes without an answer, hours pass before the next."""
    (id_,) = put(now, email_address(), message=change_requested())
    copies_by_hour = []
    while of(id_).state == DeliveryState.QUEUED:
        due = of(id_).next_attempt_at
        before = of(id_).maybe_doubled
        assert deliver(delivery_id=id_, now=due) in {Settlement.POSTPONED, Settlement.GIVEN_UP}
        if of(id_).maybe_doubled > before:
            copies_by_hour.append((due - now) // timedelta(hours=1))
    assert copies_by_hour[:2] == [0, 0]
    assert all(later - sooner >= 11 for sooner, later in pairwise(copies_by_hour[1:]))
    assert of(id_).maybe_doubled == len(copies_by_hour) <= 2 + settings.GIVE_UP_AFTER / WAITS_AFTER_COPIES
    assert of(id_).state == DeliveryState.GIVEN_UP
    assert "nobody says what became of it" in caplog.text


def test_a_claim_that_was_lost_meanwhile_sends_nothing(now, providers):
    id_ = alert(now)
    claim_and_die(id_, now)
    claimed = claim_delivery(
        delivery_id=id_, now=now + LEASE, lease_for=LEASE, unanswered_limit=24, provider_for=lambda *_: NAME
    )
    assert claimed is not None
    Delivery.objects.filter(id=id_).update(state=DeliveryState.QUEUED)
    assert begin_anew(claim=claimed, provider=OTHER, is_doubled=True) is None
    assert of(id_).maybe_doubled == 0


def test_a_transport_that_breaks_leaves_a_doubt(now, providers):
    first, _second = providers
    id_ = alert(now)
    first.answers = [ZeroDivisionError()]
    assert deliver(delivery_id=id_, now=now) is Settlement.POSTPONED
    found = of(id_)
    assert (found.failure, found.in_doubt_since is not None) == ("transport_fails", True)
    assert found.failing_since is not None  # it may be this message alone, so it has an end


def test_every_answer_is_counted_for_its_provider(now, providers, settings):
    first, _second = providers
    settings.SMS_TRANSPORTS = settings.SMS_TRANSPORTS[:1]
    first.answers = [TemporaryFailure("scripted_503"), Accepted("a", segments=1, cost_micro=5000, currency="USD")]
    id_ = alert(now)
    deliver(delivery_id=id_, now=now)
    deliver(delivery_id=id_, now=of(id_).next_attempt_at)
    minutes = provider_minutes(since=now - timedelta(minutes=1))
    assert {minute.provider for minute in minutes} == {NAME}
    totals = [sum(getattr(m, field) for m in minutes) for field in ("answered_yes", "failed", "segments", "cost_micro")]
    assert totals == [1, 1, 1, 5000]
