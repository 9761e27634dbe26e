"""Alerts by e-mail from outbox to mailbox, through a real mail server that misbehaves (ALR-4, ALR-5)."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from audit.api import EventKind, events_about
from notifications.models import Delivery
from notifications.sealing import Column, seal_column
from notifications.states import DeliveryState
from notifications.usecases.deliver import deliver
from tests.notifications.conftest import EMAIL, email_address, put, sms_address
from tests.notifications.samples import change_requested

pytestmark = pytest.mark.django_db


def row(delivery_id):
    return Delivery.objects.get(id=delivery_id)


@pytest.fixture
def alert(mail_server, now):
    (delivery_id,) = put(now, email_address(), message=change_requested())
    return delivery_id


def deliver_until_settled(delivery_id, now):
    """Deliver whenever it is due, as the sweep does; give how often it was tried."""
    for tries in range(1, 10):
        deliver(delivery_id=delivery_id, now=max(now, row(delivery_id).next_attempt_at))
        if row(delivery_id).next_attempt_at is None:
            return tries
    raise AssertionError("It is never settled.")


def test_greylisting_costs_time_and_no_copy(mail_server, alert, now):
    mail_server.rcpt.extend(["451 4.7.1 Greylisted", "450 4.2.0 Greylisted"])
    assert deliver_until_settled(alert, now) == 3
    assert row(alert).state == DeliveryState.SENT
    assert row(alert).maybe_doubled == 0
    assert mail_server.recipients == [EMAIL]


def test_a_refused_recipient_ends_it_and_another_channel_has_its_turn(mail_server, now):
    (delivery_id,) = put(now, email_address(), spare=(sms_address(),), message=change_requested())
    mail_server.rcpt.append("550 5.1.1 No such user")
    assert deliver_until_settled(delivery_id, now) == 1
    given_up = row(delivery_id)
    assert (given_up.state, given_up.failure) == (DeliveryState.GIVEN_UP, "smtp_550")
    assert Delivery.objects.get(replaces=given_up).state == DeliveryState.QUEUED
    assert len(events_about(subject_id=given_up.reference, kinds=[EventKind.DELIVERY_GIVEN_UP], limit=9)) == 1


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_cut_with_the_words_in_the_servers_hands_loses_nothing_and_counts_the_copy(mail_server, alert, now, is_taken):
    """ALR-4: a mail server can be asked nothing, so it is sent again; both copies have one Message-ID."""
    mail_server.cuts.append("DATA")
    mail_server.keeps_what_it_cuts = is_taken
    deliver_until_settled(alert, now)
    assert row(alert).state == DeliveryState.SENT
    assert row(alert).maybe_doubled == 1
    assert len(mail_server.received) == 1 + is_taken
    assert {received["Message-ID"] for received in mail_server.received} == {f"<{alert}@mitid.example>"}


def test_a_server_that_was_started_anew_between_two_alerts_gets_each_once(mail_server, now):
    first, second = (put(now, email_address(), message=change_requested())[0] for _ in range(2))
    deliver(delivery_id=first, now=now)
    mail_server.hang_up_on_everybody()
    deliver(delivery_id=second, now=now)
    assert [row(one).state for one in (first, second)] == [DeliveryState.SENT] * 2
    assert [row(one).maybe_doubled for one in (first, second)] == [0, 0]
    assert {received["Message-ID"] for received in mail_server.received} == {
        f"<{one}@mitid.example>" for one in (first, second)
    }
    assert len(mail_server.received) == 2


def test_a_key_that_is_gone_keeps_the_alert_until_it_is_back(mail_server, alert, now, settings):
    """A fault of ours loses nothing, and an unsigned copy never goes out in its place."""
    settings.EMAIL_DKIM_DOMAIN, settings.EMAIL_DKIM_SELECTOR = "mitid.example", "s"
    settings.EMAIL_DKIM_KEY_FILE = "/nowhere/dkim.pem"
    deliver(delivery_id=alert, now=now)
    assert row(alert).state == DeliveryState.QUEUED
    assert (row(alert).failure, row(alert).failing_since, row(alert).in_doubt_since) == ("dkim_not_usable", None, None)
    assert mail_server.received == []
    settings.EMAIL_DKIM_KEY_FILE = ""
    deliver(delivery_id=alert, now=now + timedelta(hours=1))
    assert (row(alert).state, row(alert).maybe_doubled) == (DeliveryState.SENT, 0)


def test_an_e_mail_that_cannot_be_made_leaves_no_doubt_and_does_not_wait_for_ever(mail_server, alert, now):
    two_lines = seal_column("a\nBcc: b@example.dk", column=Column.SUBJECT, delivery_id=alert)
    Delivery.objects.filter(id=alert).update(subject_sealed=two_lines)
    deliver(delivery_id=alert, now=now)
    assert (row(alert).failure, row(alert).in_doubt_since) == ("email_not_made", None)
    assert row(alert).failing_since is not None


def test_a_server_that_is_slow_to_come_to_the_words_is_not_given_them(mail_server, alert, now, settings):
    """Its answer could come after the lease, when somebody else is sending the same already."""
    settings.DELIVERY_LEASE_FOR = timedelta()
    deliver(delivery_id=alert, now=now)
    assert (row(alert).failure, row(alert).in_doubt_since, mail_server.received) == ("smtp_slow", None, [])
    settings.DELIVERY_LEASE_FOR = timedelta(seconds=60)
    deliver(delivery_id=alert, now=now + timedelta(hours=1))
    assert (row(alert).state, row(alert).maybe_doubled) == (DeliveryState.SENT, 0)


MISHAPS = ("none", "none", "MAIL", "RCPT", "DATA lost", "DATA kept", "greylisted", "421", "restart")


def happen(mishap, mail_server):
    mail_server.keeps_what_it_cuts = mishap == "DATA kept"
    for earlier in (mail_server.cuts, mail_server.rcpt, mail_server.mail):
        earlier.clear()  # while an e-mail in doubt waits, nothing of this happens
    match mishap:
        case "MAIL" | "RCPT":
            mail_server.cuts.append(mishap)
        case "DATA lost" | "DATA kept":
            mail_server.cuts.append("DATA")
        case "greylisted":
            mail_server.rcpt.append("451 4.7.1 Greylisted")
        case "421":
            mail_server.mail.append("421 4.3.2 Shutting down")
        case "restart":
            mail_server.hang_up_on_everybody()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_mail_server_does_each_alert_arrives_and_each_copy_is_counted(mail_server, now, seed):
    """ALR-4: none is lost, and none is doubled but where nobody could say."""
    chance = random.Random(seed)
    waiting = [put(now, email_address(), message=change_requested())[0] for _ in range(12)]
    alerts = list(waiting)
    for _ in range(500):
        if not waiting:
            break
        delivery_id = chance.choice(waiting)
        happen(chance.choice(MISHAPS), mail_server)
        deliver(delivery_id=delivery_id, now=max(now, row(delivery_id).next_attempt_at))
        waiting = [one for one in waiting if row(one).state != DeliveryState.SENT]
    copies = Counter(received["Message-ID"] for received in mail_server.received)
    assert waiting == []
    assert set(copies) == {f"<{one}@mitid.example>" for one in alerts}
    assert [one for one in alerts if copies[f"<{one}@mitid.example>"] > 1 + row(one).maybe_doubled] == []
