"""E-mails that come back: read, believed only at an address that nobody can make up, and acted on once (ALR-5)."""

import re
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from audit.api import EventKind, events_about
from mitid_portal import clock
from notifications import signed_calls
from notifications.models import Delivery, ProviderMinute
from notifications.queries import contacts_given_up
from notifications.return_path import LONGEST_MAILBOX, SentEmail, email_of, return_path_of
from notifications.rules.bounces import LONGEST_BOUNCE, Fate, parse_bounce
from notifications.states import DeliveryState
from notifications.usecases.deliver import deliver
from notifications.usecases.note_bounce import BounceOutcome, note_bounce
from notifications.usecases.settle_delivery import Settlement
from tests.notifications.bounce_samples import HOLIDAY, POSTFIX, bounce
from tests.notifications.conftest import email_address, put

SECRET = "a secret that the mail server and we share"


@pytest.fixture(autouse=True)
def mailbox_for_bounces(settings):
    settings.EMAIL_BOUNCE_ADDRESS = "bounces@mitid.example"


@pytest.fixture
def sent(mail_server, now):
    """An alert that a real mail server took."""
    (delivery_id,) = put(now, email_address())
    deliver(delivery_id=delivery_id, now=now)
    assert Delivery.objects.get(id=delivery_id).state == DeliveryState.SENT
    return delivery_id


def unknown_reports():
    return sum(ProviderMinute.objects.filter(provider="smtp").values_list("unknown_reports", flat=True))


# --- Reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "status", "fate"),
    [
        ("failed", "5.1.1", Fate.FAILED_FOR_GOOD),
        ("Failed", "5.2.2", Fate.FAILED_FOR_GOOD),
        ("failed (for good)", "5.0.0", None),
        ("failed", "4.4.7", Fate.FAILED_FOR_NOW),
        ("failed", "", Fate.FAILED_FOR_GOOD),
        ("delayed", "4.4.1", Fate.ON_ITS_WAY),
        ("relayed", "2.0.0", Fate.ON_ITS_WAY),
        ("delivered", "2.0.0", Fate.ARRIVED),
        ("expanded", "2.0.0", Fate.ARRIVED),
        ("dropped", "5.0.0", None),
    ],
)
def test_the_action_tells_the_fate_and_the_status_the_reason(action, status, fate):
    found = parse_bounce(bounce(uuid4(), action=action, status=status))
    assert (found and found.fate) == fate
    if found:
        assert found.status == status


def test_of_several_recipients_the_luckiest_counts():
    """An address may lead to several mailboxes: one that has the alert is enough."""
    groups = "Final-Recipient: rfc822; b@example.dk\nAction: delayed\nStatus: 4.4.1\n\n--4F3.1\nContent-Description: U"
    both = POSTFIX.replace("--4F3.1\nContent-Description: U", groups)
    assert parse_bounce(bounce(uuid4(), form=both)).fate is Fate.ON_ITS_WAY


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 100,
        HOLIDAY.encode(),
        POSTFIX.replace("message/delivery-status", "text/plain").encode(),
        POSTFIX.replace("Action: {action}\n", "").encode(),
        b"x" * (LONGEST_BOUNCE + 1),
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000)),
        b"Content-Type: message/delivery-status\n\n",
        b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\nContent-Type: text/plain\n\nx\n" * 5000 + b"--b--",
    ],
    ids=[
        "empty",
        "noise",
        "holiday",
        "no part for machines",
        "no action",
        "too long",
        "too deep",
        "bare",
        "many parts",
    ],
)
def test_what_is_no_bounce_is_none(raw):
    assert parse_bounce(raw) is None


@given(st.binary(max_size=2000), st.integers(min_value=0, max_value=len(POSTFIX)))
def test_nothing_that_comes_by_mail_breaks_the_reading(noise, at):
    whole = POSTFIX.encode()
    parse_bounce(noise)
    parse_bounce(whole[:at] + noise + whole[at:])
    parse_bounce(whole[:at])


# --- The address ------------------------------------------------------------------------------------------------------


def test_a_return_path_leads_back_to_its_delivery_whatever_its_case():
    email = SentEmail(uuid4(), 12)
    address = return_path_of(email)
    assert email_of(f"Anna <anna@example.dk> <{address}>") == email
    assert email_of(address.upper()) == email


def test_a_return_path_stays_within_what_servers_take(settings):
    settings.EMAIL_BOUNCE_ADDRESS = "b" * LONGEST_MAILBOX + "@mitid.example"
    address = return_path_of(SentEmail(uuid4(), 999_999_999))
    assert len(address.partition("@")[0]) == 64
    assert email_of(address) is not None


def test_nobody_makes_up_a_return_path():
    mine, other = (return_path_of(SentEmail(uuid4(), 1)) for _ in range(2))
    mac = re.compile(r"\.[a-z2-7]{16}@")
    assert email_of(mac.sub(mac.search(mine)[0], other)) is None
    assert email_of(mac.sub("." + "a" * 16 + "@", mine)) is None
    assert email_of(mine.replace(".1.", ".2.")) is None
    assert email_of(re.sub(r"\+[a-z2-7]{26}", "+" + "7" * 26, mine)) is None


def test_a_return_path_outlives_a_change_of_the_secret(settings):
    email = SentEmail(uuid4(), 1)
    address = return_path_of(email)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another" * 10
    assert email_of(address) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    assert email_of(address) == email


# --- Acting -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_address_that_is_no_more_is_given_up_and_told_of(sent, now):
    """ALR-5: the citizen is told at the next log-in."""
    assert note_bounce(raw=bounce(sent), now=now) is BounceOutcome.NOTED
    given_up = Delivery.objects.get(id=sent)
    assert (given_up.state, given_up.failure) == (DeliveryState.GIVEN_UP, "bounce_5.1.1")
    (event,) = events_about(subject_id=given_up.reference, kinds=[EventKind.DELIVERY_GIVEN_UP], limit=10)
    assert event.facts["failure"] == "bounce_5.1.1"
    assert contacts_given_up(contact_ids=[given_up.contact_id], since=now) == {given_up.contact_id}


@pytest.mark.django_db
def test_the_same_bounce_again_changes_nothing(sent, now):
    note_bounce(raw=bounce(sent), now=now)
    before = list(Delivery.objects.order_by("id").values())
    assert note_bounce(raw=bounce(sent), now=now) is BounceOutcome.NOTED
    assert list(Delivery.objects.order_by("id").values()) == before


@pytest.mark.django_db
def test_a_bounce_of_an_attempt_that_another_followed_sends_no_third_e_mail(sent, now, mail_server):
    """The webhook's call is repeated, or the command was killed before it deleted the message: ALR-4."""
    note_bounce(raw=bounce(sent, status="4.4.7"), now=now)
    assert deliver(delivery_id=sent, now=Delivery.objects.get(id=sent).next_attempt_at) is Settlement.SENT
    before = Delivery.objects.values().get(id=sent)
    assert note_bounce(raw=bounce(sent, status="4.4.7"), now=now) is BounceOutcome.NOTED
    assert Delivery.objects.values().get(id=sent) == before
    assert deliver(delivery_id=sent, now=now + timedelta(days=1)) is None
    assert [len(mail_server.received), before["state"]] == [2, DeliveryState.SENT]
    assert len({email["Message-ID"] for email in mail_server.received}) == 1
    note_bounce(raw=bounce(sent, status="4.4.7", attempt=2), now=now)
    assert Delivery.objects.get(id=sent).state == DeliveryState.QUEUED


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["4.4.7", "5.1.1"])
def test_a_bounce_of_an_older_attempt_leaves_alone_the_one_that_is_out(sent, now, mail_server, status):
    note_bounce(raw=bounce(sent, status="4.4.7"), now=now)
    mail_server.cuts.append("DATA")
    mail_server.keeps_what_it_cuts = True
    assert deliver(delivery_id=sent, now=Delivery.objects.get(id=sent).next_attempt_at) is Settlement.POSTPONED
    Delivery.objects.filter(id=sent).update(provider_reference="")  # as if the first had never been answered either
    before = Delivery.objects.values().get(id=sent)
    note_bounce(raw=bounce(sent, status=status), now=now)
    assert Delivery.objects.values().get(id=sent) == before


@pytest.mark.django_db
def test_a_server_that_gave_up_for_now_is_tried_again(sent, now):
    assert note_bounce(raw=bounce(sent, status="4.4.7"), now=now) is BounceOutcome.NOTED
    assert Delivery.objects.get(id=sent).state == DeliveryState.QUEUED


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["delayed", "delivered"])
def test_a_delay_and_an_arrival_that_nobody_asked_for_change_nothing(sent, now, action):
    note_bounce(raw=bounce(sent, action=action, status="4.4.1"), now=now)
    assert Delivery.objects.get(id=sent).state == DeliveryState.SENT


@pytest.mark.django_db
def test_a_forged_bounce_changes_nothing_and_is_counted(sent, now):
    own = return_path_of(SentEmail(sent, 1))
    forged = bounce(sent).replace(own.encode(), re.sub(r"[a-z2-7]{16}@", "a" * 16 + "@", own).encode())
    assert note_bounce(raw=forged, now=now) is BounceOutcome.NOT_OURS
    assert Delivery.objects.get(id=sent).state == DeliveryState.SENT
    assert unknown_reports() == 1


@pytest.mark.django_db
def test_a_bounce_of_a_delivery_that_is_gone_is_counted(now):
    assert note_bounce(raw=bounce(uuid4()), now=now) is BounceOutcome.NOT_OURS
    assert unknown_reports() == 1


@pytest.mark.django_db
def test_what_an_e_mail_quotes_is_not_where_it_came_to(sent, now):
    """Somebody who answers with the returned message inside has no say."""
    own = return_path_of(SentEmail(sent, 1)).encode()
    quoting = bounce(sent).replace(b"Delivered-To: " + own + b"\r\n", b"Delivered-To: bounces@mitid.example\r\n")
    quoting = quoting.replace(b"\r\nTo: " + own, b"\r\nTo: bounces@mitid.example", 1)
    quoting = quoting.replace(b"Subject: Hej", b"Delivered-To: " + own)
    assert note_bounce(raw=quoting, now=now) is BounceOutcome.NOT_OURS
    assert Delivery.objects.get(id=sent).state == DeliveryState.SENT


# --- By webhook -------------------------------------------------------------------------------------------------------


def post(client, body, *, at, secret=SECRET, signature=None, content_type="message/rfc822"):
    timestamp = str(int(at.timestamp()))
    signature = signature or signed_calls.signature_of(secret=secret, timestamp=timestamp, body=body)
    return client.post(
        reverse("notifications:email-bounces"),
        data=body,
        content_type=content_type,
        headers={"X-Timestamp": timestamp, "X-Signature": signature},
    )


@pytest.fixture
def real_now(settings):
    """The view reads the clock itself; the secret is set."""
    settings.EMAIL_BOUNCE_SECRET = SECRET
    return clock.now()


@pytest.mark.django_db
def test_a_mail_server_posts_what_came_back(client, sent, real_now):
    assert post(client, bounce(sent), at=real_now).status_code == 204
    assert Delivery.objects.get(id=sent).state == DeliveryState.GIVEN_UP


@pytest.mark.django_db
def test_other_mail_is_taken_and_left_alone(client, sent, real_now):
    assert post(client, HOLIDAY.encode(), at=real_now).status_code == 204
    assert Delivery.objects.get(id=sent).state == DeliveryState.SENT


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"secret": "another"}, 403),
        ({"signature": "0" * 64}, 403),
        ({"signature": "\u00e6"}, 403),
        ({"at": timedelta(minutes=-6)}, 403),
        ({"at": timedelta(minutes=6)}, 403),
        ({"content_type": "text/plain"}, 415),
    ],
)
def test_a_call_that_is_not_signed_now_by_our_mail_server_changes_nothing(client, sent, real_now, change, answer):
    at = real_now + change.pop("at", timedelta())
    assert post(client, bounce(sent), at=at, **change).status_code == answer
    assert Delivery.objects.get(id=sent).state == DeliveryState.SENT


@pytest.mark.django_db
def test_a_signature_is_of_one_body(client, sent, real_now):
    timestamp = str(int(real_now.timestamp()))
    of_another = signed_calls.signature_of(secret=SECRET, timestamp=timestamp, body=bounce(uuid4()))
    assert post(client, bounce(sent), at=real_now, signature=of_another).status_code == 403


@pytest.mark.django_db
def test_a_call_that_is_played_again_changes_nothing(client, sent, real_now):
    post(client, bounce(sent), at=real_now)
    before = list(Delivery.objects.order_by("id").values())
    assert post(client, bounce(sent), at=real_now).status_code == 204
    assert list(Delivery.objects.order_by("id").values()) == before


@pytest.mark.django_db
def test_a_call_that_is_played_again_after_the_next_e_mail_changes_nothing(client, sent, real_now):
    post(client, bounce(sent, status="4.4.7"), at=real_now)
    deliver(delivery_id=sent, now=Delivery.objects.get(id=sent).next_attempt_at)
    before = list(Delivery.objects.order_by("id").values())
    assert post(client, bounce(sent, status="4.4.7"), at=real_now).status_code == 204
    assert list(Delivery.objects.order_by("id").values()) == before


@pytest.mark.django_db
def test_without_a_secret_nobody_is_let_in(client, sent, real_now, settings):
    settings.EMAIL_BOUNCE_SECRET = ""
    assert post(client, bounce(sent), at=real_now, secret="").status_code == 403


@pytest.mark.django_db
def test_a_flood_of_a_mail_is_refused_unread(client, real_now):
    assert post(client, b"x" * (LONGEST_BOUNCE + 1), at=real_now).status_code == 413


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_nothing_but_post_is_answered(client, method):
    assert getattr(client, method)(reverse("notifications:email-bounces")).status_code == 405


# --- By mailbox -------------------------------------------------------------------------------------------------------


@pytest.fixture
def maildir(tmp_path, settings):
    for part in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / part).mkdir(parents=True)
    settings.EMAIL_BOUNCE_MAILDIR = str(tmp_path / "Maildir")
    return tmp_path / "Maildir"


def run(**options):
    out = StringIO()
    call_command("read_bounces", stdout=out, **options)
    return out.getvalue().strip()


@pytest.mark.django_db
def test_the_command_reads_each_mail_once(sent, maildir):
    (maildir / "new" / "1.host").write_bytes(bounce(sent))
    (maildir / "cur" / "2.host:2,").write_bytes(HOLIDAY.encode())
    (maildir / "cur" / "3.host:2,S").write_bytes(b"somebody has looked at it")
    (maildir / "new" / "4.host").write_bytes(bounce(uuid4()))
    (maildir / "tmp" / "5.host").write_bytes(b"half a ma")
    assert run() == "noted=1 not_a_bounce=1 not_ours=1"
    assert Delivery.objects.get(id=sent).state == DeliveryState.GIVEN_UP
    left = sorted(file.relative_to(maildir).as_posix() for file in maildir.rglob("*.host*"))
    assert left == ["cur/2.host:2,S", "cur/3.host:2,S", "cur/4.host:2,S", "tmp/5.host"]
    assert run() == "noted=0 not_a_bounce=0 not_ours=0"


@pytest.mark.django_db
def test_a_mail_that_would_break_a_parser_stops_nothing(sent, maildir):
    (maildir / "new" / "1.host").write_bytes(
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000))
    )
    (maildir / "new" / "2.host").write_bytes(b"x" * (LONGEST_BOUNCE + 1))
    (maildir / "new" / "3.host").write_bytes(bounce(sent))
    assert run() == "noted=1 not_a_bounce=2 not_ours=0"


@pytest.mark.django_db
def test_the_command_takes_what_it_is_told_and_leaves_the_rest(sent, maildir, settings):
    settings.EMAIL_BOUNCE_MAILDIR = ""
    for number in range(3):
        (maildir / "new" / f"{number}.host").write_bytes(bounce(sent))
    assert run(maildir=str(maildir), limit=2) == "noted=2 not_a_bounce=0 not_ours=0"
    assert [file.name for file in (maildir / "new").iterdir()] == ["2.host"]


@pytest.mark.parametrize("folder", ["", "/nowhere/at/all"])
def test_the_command_says_that_there_is_no_mailbox(settings, folder):
    settings.EMAIL_BOUNCE_MAILDIR = folder
    with pytest.raises(CommandError, match="Maildir"):
        run()
