"""What a provider tells of a message later: once, twice, late, out of order or before the yes is noted (ALR-4)."""

import threading
from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from audit.api import EventKind, events_about
from notifications.models import Delivery, ProviderMinute
from notifications.queries import contacts_given_up, dead_letters, provider_minutes
from notifications.rules.reports import Move, move_by
from notifications.rules.retry import FIRST_WAIT_AFTER_REPORT, LONGEST_WAIT_AFTER_REPORT, wait_after_report
from notifications.states import TRANSITIONS, Channel, DeliveryState, ReportStatus
from notifications.transports import Accepted, NoAnswer, ProviderReport, TemporaryFailure
from notifications.usecases.claim_delivery import claim_delivery
from notifications.usecases.deliver import deliver
from notifications.usecases.note_provider_report import ReportOutcome, note_provider_report
from notifications.usecases.settle_delivery import Settlement, settle_delivery
from tests.notifications.conftest import email_address, put, row, sms_address
from tests.notifications.samples import change_requested
from tests.notifications.scripted_provider import NAME, OTHER, scripted

MINUTE = timedelta(minutes=1)
ON_ITS_WAY = ProviderReport(ReportStatus.ON_ITS_WAY)
DELIVERED = ProviderReport(ReportStatus.DELIVERED)
NOT_NOW = ProviderReport(ReportStatus.FAILED_FOR_NOW, code="scripted_30003")
NEVER = ProviderReport(ReportStatus.FAILED_FOR_GOOD, code="scripted_30005")


@pytest.fixture
def providers(settings):
    with scripted(settings) as scripts:
        yield scripts


def sent(now, *, spare=(), message=None, reference=None):
    """A message that the scripted provider took; it knows it as ``scripted-1``."""
    (id_,) = put(now, sms_address(), message=message or change_requested(), spare=spare, reference=reference)
    assert deliver(delivery_id=id_, now=now) is Settlement.SENT
    return id_


def told(report, now, *, id_=None, by=NAME, reference="scripted-1"):
    return note_provider_report(
        provider=by, provider_reference=reference, delivery_id=id_, report=report, now=now + MINUTE
    )


def of(id_):
    return Delivery.objects.get(id=id_)


def claim(id_, now):
    return claim_delivery(
        delivery_id=id_,
        now=now,
        lease_for=MINUTE,
        unanswered_limit=24,
        provider_for=lambda _channel, _avoided: NAME,
    )


def settle(claimed, answer, now):
    return settle_delivery(
        claim=claimed, answer=answer, now=now, give_up_after=timedelta(hours=48), spread=0.0, awaits_receipt=True
    )


@pytest.mark.django_db
def test_a_receipt_says_that_it_arrived_what_it_cost_and_in_how_many_parts(now, providers):
    reference = uuid4()
    id_ = sent(now, reference=reference)
    assert of(id_).receipt_due_at is not None
    report = ProviderReport(ReportStatus.DELIVERED, segments=1, cost_micro=7900, currency="USD")
    assert told(report, now) is ReportOutcome.DELIVERED
    found = of(id_)
    assert (found.state, found.delivered_at, found.receipt_due_at) == (DeliveryState.DELIVERED, now + MINUTE, None)
    assert (found.segments, found.cost_micro, found.cost_currency) == (1, 7900, "USD")
    assert found.sent_at < found.delivered_at
    assert events_about(subject_id=reference, kinds=[EventKind.DELIVERY_GIVEN_UP], limit=9) == []


@pytest.mark.django_db
def test_a_receipt_that_comes_twice_is_counted_once(now, providers):
    id_ = sent(now)
    report = ProviderReport(ReportStatus.DELIVERED, segments=1, cost_micro=7900, currency="USD")
    assert [told(report, now) for _ in range(2)] == [ReportOutcome.DELIVERED, ReportOutcome.NOTED]
    minutes = provider_minutes(since=now - timedelta(hours=1))
    assert [(sum(m.delivered for m in minutes), sum(m.cost_micro for m in minutes))] == [(1, 7900)]
    assert of(id_).state == DeliveryState.DELIVERED


@pytest.mark.django_db
@pytest.mark.parametrize("late", [ON_ITS_WAY, NOT_NOW, NEVER])
def test_what_comes_after_the_receipt_changes_nothing(now, providers, late):
    id_ = sent(now)
    told(DELIVERED, now)
    before = Delivery.objects.filter(id=id_).values().get()
    assert told(late, now) is ReportOutcome.NOTED
    assert Delivery.objects.filter(id=id_).values().get() == before


@pytest.mark.django_db
@pytest.mark.parametrize("order", list(permutations([ON_ITS_WAY, DELIVERED, ON_ITS_WAY])))
def test_in_whatever_order_reports_come_it_has_arrived(now, providers, order):
    id_ = sent(now)
    for report in order:
        told(report, now, id_=id_)
    assert of(id_).state == DeliveryState.DELIVERED


@pytest.mark.django_db
def test_the_price_may_come_after_the_receipt(now, providers):
    id_ = sent(now)
    told(DELIVERED, now)
    told(ProviderReport(ReportStatus.DELIVERED, cost_micro=7900, currency="USD"), now)
    assert (of(id_).cost_micro, of(id_).cost_currency) == (7900, "USD")


@pytest.mark.django_db
def test_what_did_not_arrive_for_now_is_tried_again_by_the_other_provider(now, providers):
    first, second = providers
    id_ = sent(now)
    assert told(NOT_NOW, now) is ReportOutcome.WILL_TRY_AGAIN
    found = of(id_)
    assert (found.state, found.failure, found.sent_at) == (DeliveryState.QUEUED, "scripted_30003", None)
    assert found.failing_since == now + MINUTE
    assert FIRST_WAIT_AFTER_REPORT / 2 <= found.next_attempt_at - now - MINUTE <= FIRST_WAIT_AFTER_REPORT
    assert deliver(delivery_id=id_, now=found.next_attempt_at) is Settlement.SENT
    assert (len(first.sent), len(second.sent)) == (1, 1)
    assert (of(id_).provider, of(id_).provider_reference) == (OTHER, "spare-1")


@pytest.mark.django_db
def test_a_failure_that_is_told_twice_is_one(now, providers):
    id_ = sent(now)
    assert [told(NOT_NOW, now, id_=id_) for _ in range(2)] == [ReportOutcome.WILL_TRY_AGAIN, ReportOutcome.NOTED]
    deliver(delivery_id=id_, now=of(id_).next_attempt_at)
    assert told(NOT_NOW, now, id_=id_) is ReportOutcome.CHANGES_NOTHING
    assert (of(id_).state, of(id_).provider) == (DeliveryState.SENT, OTHER)


@pytest.mark.django_db
def test_a_receipt_for_the_copy_that_was_thought_lost_is_a_receipt(now, providers):
    id_ = sent(now)
    told(NOT_NOW, now)
    assert told(DELIVERED, now) is ReportOutcome.DELIVERED
    assert deliver(delivery_id=id_, now=now + timedelta(days=1)) is None
    assert len(providers[0].sent) == 1


@pytest.mark.django_db
def test_what_never_arrives_is_given_up_and_its_held_copy_goes_out(now, providers):
    """ALR-5."""
    reference = uuid4()
    id_ = sent(now, spare=(email_address(),), reference=reference)
    assert told(NEVER, now) is ReportOutcome.GIVEN_UP
    found = of(id_)
    assert (found.state, found.failure, found.sent_at) == (DeliveryState.GIVEN_UP, "scripted_30005", None)
    (event,) = events_about(subject_id=reference, kinds=[EventKind.DELIVERY_GIVEN_UP], limit=9)
    replacement = Delivery.objects.get(replaces_id=id_)
    assert event.facts["replacement"] == str(replacement.id)
    assert (replacement.channel, replacement.state) == (Channel.EMAIL, DeliveryState.QUEUED)
    assert told(NEVER, now) is ReportOutcome.NOTED
    assert of(id_).state == DeliveryState.GIVEN_UP


@pytest.mark.django_db
def test_what_was_given_up_and_arrived_all_the_same_has_arrived(now, providers):
    """ALR-5: nobody is told that it failed, and no operator sends it again."""
    id_ = sent(now)
    told(NEVER, now)
    assert told(DELIVERED, now) is ReportOutcome.DELIVERED
    found = of(id_)
    assert (found.state, found.given_up_at) == (DeliveryState.DELIVERED, None)
    assert contacts_given_up(contact_ids=[found.contact_id], since=now) == set()
    assert dead_letters(limit=9) == []


@pytest.mark.django_db
@pytest.mark.parametrize("late", [NOT_NOW, NEVER, ON_ITS_WAY])
def test_a_late_report_of_the_first_provider_leaves_alone_what_the_other_is_sending(now, providers, late):
    """ALR-4: the first attempt was in doubt and its message was not found; the other has been asked."""
    first, second = providers
    (id_,) = put(now, sms_address(), message=change_requested())
    first.answers = [NoAnswer("scripted_timeout")]
    deliver(delivery_id=id_, now=now)
    first.found = [TemporaryFailure("scripted_unreachable")] * 9
    second.meanwhile = lambda: told(late, now, id_=id_)
    while of(id_).state == DeliveryState.QUEUED:
        deliver(delivery_id=id_, now=of(id_).next_attempt_at)
    found = of(id_)
    assert (found.state, found.provider, found.provider_reference) == (DeliveryState.SENT, OTHER, "spare-1")
    assert told(DELIVERED, now, by=OTHER, reference="spare-1") is ReportOutcome.DELIVERED


@pytest.mark.django_db
def test_a_failure_that_is_told_again_while_the_other_provider_fails_changes_nothing(now, providers):
    """Its repetition neither counts as a second one nor takes the doubt of the other's attempt away."""
    _first, second = providers
    id_ = sent(now)
    told(NOT_NOW, now, id_=id_)
    second.answers = [NoAnswer("spare_timeout")]
    deliver(delivery_id=id_, now=of(id_).next_attempt_at)
    before = Delivery.objects.values().get(id=id_)
    assert (before["provider"], before["provider_reference"], before["in_doubt_since"] is not None) == (OTHER, "", True)
    assert told(NOT_NOW, now, id_=id_) is ReportOutcome.CHANGES_NOTHING
    assert Delivery.objects.values().get(id=id_) == before
    assert sum(minute.undelivered for minute in ProviderMinute.objects.all()) == 1


@pytest.mark.django_db
def test_a_provider_of_text_messages_has_no_say_about_an_e_mail(now, providers):
    (id_,) = put(now, email_address(), message=change_requested())
    for report in (DELIVERED, NEVER):
        assert told(report, now, id_=id_) is ReportOutcome.UNKNOWN
    assert of(id_).state == DeliveryState.QUEUED


@pytest.mark.django_db
def test_an_address_that_fails_for_two_days_is_given_up_by_a_report_too(now, providers):
    id_ = sent(now)
    Delivery.objects.filter(id=id_).update(failing_since=now - timedelta(hours=48))
    assert told(NOT_NOW, now) is ReportOutcome.GIVEN_UP


@pytest.mark.django_db
def test_held_copies_are_dropped_when_the_message_arrived_and_not_when_it_was_sent(now, providers):
    """ALR-5."""
    sent(now, spare=(email_address(),))
    assert Delivery.objects.filter(state=DeliveryState.HELD).count() == 1
    told(DELIVERED, now)
    assert Delivery.objects.filter(state=DeliveryState.NOT_NEEDED).count() == 1


@pytest.mark.django_db
def test_held_copies_wait_for_every_address(now, providers):
    one, other = put(
        now, sms_address(), sms_address("+4530123456"), message=change_requested(), spare=(email_address(),)
    )
    for id_ in (one, other):
        deliver(delivery_id=id_, now=now)
    told(DELIVERED, now, id_=one)
    assert Delivery.objects.filter(state=DeliveryState.HELD).count() == 1
    told(DELIVERED, now, id_=other, reference="scripted-2")
    assert not Delivery.objects.filter(state=DeliveryState.HELD).exists()


@pytest.mark.django_db
def test_a_provider_that_gives_no_receipts_has_reached_whom_it_was_sent_to(now, providers, settings):
    settings.SMS_TRANSPORTS = settings.SMS_TRANSPORTS[1:]
    id_ = sent(now, spare=(email_address(),))
    assert of(id_).receipt_due_at is None
    assert Delivery.objects.filter(state=DeliveryState.NOT_NEEDED).count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("reference", ["nobody's", ""])
def test_a_report_of_no_message_of_ours_is_counted_and_nothing_else(now, providers, reference):
    id_ = sent(now)
    assert told(NEVER, now, reference=reference) is ReportOutcome.UNKNOWN
    assert told(NEVER, now, id_=uuid4()) is ReportOutcome.UNKNOWN
    assert told(NEVER, now, by="another") is ReportOutcome.UNKNOWN
    assert of(id_).state == DeliveryState.SENT
    minutes = provider_minutes(since=now)
    assert {m.provider: m.unknown_reports for m in minutes if m.unknown_reports} == {NAME: 2, "another": 1}


@pytest.mark.django_db
def test_the_inbox_has_no_provider_that_could_report(now):
    inbox = row(
        now, channel=Channel.APP, state=DeliveryState.SENT, attempts=1, sent_at=now, provider="inbox",
        provider_reference="inbox", next_attempt_at=None,
    )  # fmt: skip
    inbox.save(force_insert=True)
    assert told(NEVER, now, id_=inbox.id, by="inbox", reference="inbox") is ReportOutcome.UNKNOWN
    assert told(NEVER, now, by="inbox", reference="inbox") is ReportOutcome.UNKNOWN


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("report", "outcome", "state"),
    [
        (ON_ITS_WAY, ReportOutcome.NOTED, DeliveryState.SENT),
        (DELIVERED, ReportOutcome.DELIVERED, DeliveryState.DELIVERED),
        (NOT_NOW, ReportOutcome.WILL_TRY_AGAIN, DeliveryState.QUEUED),
        (NEVER, ReportOutcome.GIVEN_UP, DeliveryState.GIVEN_UP),
    ],
)
def test_a_report_that_overtakes_the_yes_settles_it(now, report, outcome, state):
    (id_,) = put(now, sms_address(), message=change_requested())
    claimed = claim(id_, now)
    assert told(report, now, id_=id_) is outcome
    assert settle(claimed, Accepted("scripted-1"), now + MINUTE) is Settlement.TOO_LATE
    found = of(id_)
    assert (found.state, found.provider, found.provider_reference) == (state, NAME, "scripted-1")


@pytest.mark.django_db
def test_a_yes_that_comes_late_for_another_message_still_counts(now):
    """The attempt after the one whose message was reported as failed."""
    (id_,) = put(now, sms_address(), message=change_requested())
    claim(id_, now)
    told(NOT_NOW, now, id_=id_)
    second = claim(id_, of(id_).next_attempt_at)
    assert settle(second, Accepted("scripted-1"), now + MINUTE) is Settlement.SENT


@pytest.mark.django_db
def test_a_reference_that_the_provider_gives_twice_is_told_apart(now, providers):
    first, _second = providers
    first.answers = [Accepted("same"), Accepted("same")]
    ids = [put(now, sms_address(), message=change_requested())[0] for _ in range(2)]
    assert [deliver(delivery_id=id_, now=now) for id_ in ids] == [Settlement.SENT] * 2
    assert [of(id_).provider_reference for id_ in ids] == ["same", f"same {ids[1]}"]


@pytest.mark.django_db
def test_a_report_that_mixes_two_deliveries_up_changes_neither(now, providers):
    sent(now)
    (other,) = put(now, sms_address(), message=change_requested())
    before = list(Delivery.objects.order_by("id").values())
    for report in (DELIVERED, ON_ITS_WAY, NEVER):
        assert told(report, now, id_=other) is ReportOutcome.CHANGES_NOTHING
    assert list(Delivery.objects.order_by("id").values()) == before


@pytest.mark.django_db(transaction=True)
def test_many_reports_at_once_are_one_change(now, providers):
    id_ = sent(now)
    barrier, outcomes = threading.Barrier(6), []

    def tell(report):
        barrier.wait()
        outcomes.append(told(report, now, id_=id_))
        connection.close()

    threads = [threading.Thread(target=tell, args=[report]) for report in [DELIVERED, ON_ITS_WAY, DELIVERED] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(ReportOutcome.DELIVERED) == 1
    assert of(id_).state == DeliveryState.DELIVERED
    assert sum(minute.delivered for minute in ProviderMinute.objects.all()) == 1


@given(st.sampled_from(ReportStatus), st.sampled_from(DeliveryState), st.booleans(), st.booleans())
def test_no_report_moves_a_delivery_where_its_state_may_not_go(status, state, is_its_last, may_be_out):
    goes_to = {
        Move.SEND: DeliveryState.SENT,
        Move.DELIVER: DeliveryState.DELIVERED,
        Move.TRY_AGAIN: DeliveryState.QUEUED,
        Move.GIVE_UP: DeliveryState.GIVEN_UP,
    }
    move = move_by(status=status, state=state, is_its_last=is_its_last, may_be_out=may_be_out)
    target = goes_to.get(move)
    assert target is None or target in TRANSITIONS[state] | ({state} & {DeliveryState.QUEUED})


@given(st.integers(1, 500), st.floats(0, 1, exclude_max=True))
def test_waits_after_reports_grow_to_an_hour(attempts, spread):
    wait = wait_after_report(attempts=attempts, spread=spread)
    assert FIRST_WAIT_AFTER_REPORT / 2 <= wait <= LONGEST_WAIT_AFTER_REPORT
    assert wait_after_report(attempts=attempts + 1, spread=spread) >= wait
