"""The app's session, inbox, opening codes and end."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from audit.api import Actor
from audit.models import AuditEvent
from authentication.models import Login
from authentication.states import Door
from identities.api import AuthenticatorKind, BlockSource, suspend_authenticator
from identities.models import App
from identities.states import AuthenticatorState
from tests.authentication.app_api.phones import a_phone_of, block
from tests.factories.identities import a_resident


def refusal(answer):
    return answer.status, answer.code


def test_the_pin_opens_a_session(phone, resident, settings):
    answer = phone.log_in()
    assert answer.json == {"session": phone.session, "idle_seconds": 600, "lasts_seconds": 1800}
    login = Login.objects.get(pk=phone.session)
    assert (login.door, login.identity_id, login.level) == (Door.APP, resident.identity_id, 2)


def test_a_session_of_the_app_is_none_of_the_portal(phone, resident):
    phone.log_in()
    client = phone.wire.client
    session = client.session
    session["portal_login_id"] = phone.session
    session.save()
    assert client.get("/self-service/").status_code in {302, 404}


def test_a_session_ends_by_wish_by_time_and_by_a_block(phone, resident, now):
    phone.log_in()
    assert phone.in_session("requests").status == 200
    assert phone.in_session("sessions/end").status == 204
    assert refusal(phone.in_session("requests")) == (403, "session_ended")
    phone.log_in()
    Login.objects.filter(pk=phone.session).update(
        at=now - timedelta(minutes=20), last_seen_at=now - timedelta(minutes=10)
    )
    assert refusal(phone.in_session("requests")) == (403, "session_ended")
    phone.log_in()
    block(resident, now=now + timedelta(minutes=1))
    assert refusal(phone.in_session("requests")) == (403, "identity_blocked")


def test_somebody_elses_session_one_of_ones_other_phone_and_none_look_the_same(phone, resident, now):
    others = [a_phone_of(whose, now=now) for whose in (a_resident(now=now), resident)]
    for other in others:
        other.log_in()
        assert other.in_session("requests").status == 200
    sessions = [*(other.session for other in others), str(uuid4())]
    answers = [phone.ask("requests", session=session) for session in sessions]
    assert {refusal(answer) for answer in answers} == {(403, "session_ended")}
    assert len({answer.body for answer in answers}) == 1


@pytest.mark.parametrize("path", ["requests", "inbox", "opening-codes", "copies", "copies/state", "sessions/end"])
def test_what_needs_a_session_needs_one(phone, path):
    assert refusal(phone.ask(path)) == (422, "invalid")
    assert refusal(phone.ask(path, session="x")) == (422, "invalid")
    assert refusal(phone.ask(path, session=str(uuid4()))) == (403, "session_ended")


def test_try_1_wrong_pins_pause_and_at_last_block(phone, now):
    """TRY-1: ten minutes, an hour, then for good."""
    for _pause in range(2):
        answers = [phone.ask("sessions", pin="000001") for _ in range(3)]
        assert [answer.code for answer in answers] == ["wrong_pin", "wrong_pin", "app_paused"]
        assert answers[-1].json["paused_until"]
        assert refusal(phone.log_in()) == (403, "app_paused")
        App.objects.update(paused_until=now - timedelta(seconds=1))
    answers = [phone.ask("sessions", pin="000001") for _ in range(3)]
    assert answers[-1].code == "app_blocked"
    assert refusal(phone.log_in()) == (403, "app_blocked")
    assert App.objects.get().state == AuthenticatorState.BLOCKED


def test_a_suspended_app_is_told_so(phone, resident, now):
    with transaction.atomic():
        assert suspend_authenticator(
            identity_id=resident.identity_id,
            kind=AuthenticatorKind.APP,
            authenticator_id=phone.app_id,
            source=BlockSource.CITIZEN,
            actor=Actor.citizen(resident.identity_id),
            now=now,
        )
    assert refusal(phone.log_in()) == (403, "app_suspended")
    assert phone.ask("me").json["state"] == "suspended"


def test_alr_1_the_inbox_is_paged_from_the_newest(phone, resident, now):
    """ALR-1."""
    phone.log_in()
    first = phone.in_session("inbox", limit=1).json
    assert first["messages"][0]["kind"] == "authenticator_activated"
    assert first["messages"][0]["text"]
    seen, page = [], first
    while True:
        seen += [message["id"] for message in page["messages"]]
        if page["is_last"]:
            break
        page = phone.in_session("inbox", limit=1, before=seen[-1]).json
    assert len(seen) == len(set(seen)) == first["unread"]
    assert phone.in_session("inbox").json["is_last"] is True
    for limit in (0, 51, "5", True, 1.5):
        assert refusal(phone.in_session("inbox", limit=limit)) == (422, "invalid")


def test_a_message_is_read_by_its_owner(phone, now):
    other = a_phone_of(a_resident(now=now), now=now)
    for app in (phone, other):
        app.log_in()
    message = phone.in_session("inbox").json["messages"][0]
    assert message["is_read"] is False
    assert other.in_session(f"inbox/{message['id']}/read").status == 204  # as for one that there is not
    assert phone.in_session("inbox").json["messages"][0]["is_read"] is False
    for _ in range(2):
        assert phone.in_session(f"inbox/{message['id']}/read").status == 204
    assert phone.in_session("inbox").json["messages"][0]["is_read"] is True
    assert not {item["id"] for item in other.in_session("inbox").json["messages"]} & {message["id"]}


def test_the_queries_of_the_inbox_do_not_grow_with_it(phone, resident, now, django_assert_num_queries):
    phone.log_in()
    counts = []
    for _ in range(2):
        body = phone.jws(phone.header("inbox"), b'{"session":"%s"}' % phone.session.encode())
        with django_assert_num_queries(4):
            counts.append(len(phone.send("inbox", body).json["messages"]))
        a_phone_of(resident, now=now)  # one more alert or two
    assert counts[1] > counts[0]


def test_blk_1_whoever_holds_the_phone_may_end_its_app(phone, resident, now):
    """BLK-1."""
    phone.log_in()
    assert phone.ask("unlink").status == 204
    assert App.objects.get().state == AuthenticatorState.BLOCKED
    assert refusal(phone.in_session("inbox")) == (403, "app_blocked")
    kinds = AuditEvent.objects.filter(subject_id=resident.identity_id).values_list("kind", flat=True)
    assert "authenticator_blocked" in " ".join(kinds)
