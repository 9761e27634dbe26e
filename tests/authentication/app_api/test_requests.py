"""What waits is listed, bound, approved or rejected (APR-1 to APR-6, TRY-1)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.db import connection

from authentication.app_api.serializers import BINDINGS
from authentication.models import ApprovalRequest
from authentication.outcomes import LoggedIn, RefusedParallel
from authentication.states import Purpose, RequestState
from authentication.usecases.choose_app import choose_app
from authentication.usecases.collect import collect
from authentication.usecases.open_request import open_request
from mitid_portal import clock
from tests.authentication.app_api.phones import a_fresh_phone, a_phone_of, a_request_to, block
from tests.factories.app_client import compact
from tests.factories.identities import a_resident


def refusal(answer):
    return answer.status, answer.code


def state_of(request_id):
    return RequestState(ApprovalRequest.objects.get(pk=request_id).state)


def test_apr_1_what_waits_is_found_in_the_app(phone, resident, now):
    """APR-1, APR-3: who asks, the text, and until when."""
    phone.log_in()
    assert phone.in_session("requests").json == {"requests": []}
    request_id, asked = a_request_to(resident, now=now)
    (shown,) = phone.in_session("requests").json["requests"]
    row = ApprovalRequest.objects.get(pk=request_id)
    assert (shown["id"], shown["asks"], shown["reference_text"]) == (str(request_id), row.asks, row.reference_text)
    assert shown["level"] == "SUBSTANTIAL"
    assert len(shown["nonce"]) == 43
    assert asked.short_code not in str(shown)
    assert asked.qr_token not in str(shown)


@pytest.mark.parametrize("word", ["qr_token", "button_token", "short_code"])
def test_apr_4_the_token_or_the_short_code_finds_it_and_the_pin_approves_it(phone, resident, now, word):
    """APR-3, APR-4, APR-6."""
    request_id, asked = a_request_to(resident, now=now)
    said = getattr(asked, word)
    shown = phone.bind(said, name=word).json
    assert shown["id"] == str(request_id)
    for other in BINDINGS.keys() - {word}:  # what was forwarded cannot be named as something else
        assert phone.bind(said, name=other).code in {"request_over", "invalid"}  # a token is too long for a code
        assert phone.approve(shown, word=said, name=other).code in {"not_bound", "invalid"}
    assert phone.approve(shown, word=said, name=word).json == {"decision": "approve"}
    row = ApprovalRequest.objects.get(pk=request_id)
    assert (row.state, row.app_id) == (RequestState.CONFIRMED, phone.app_id)
    assert row.bound_by == BINDINGS[word]
    assert row.signed_decision.count(".") == 2
    assert isinstance(collect(request_id=request_id, browser_token=None, now=clock.now()), LoggedIn)


def test_the_short_code_may_be_typed_with_gaps_and_in_small_letters(phone, resident, now):
    _, asked = a_request_to(resident, now=now)
    assert phone.bind(f" {asked.short_code.lower().replace('-', ' ')} ").status == 200


def test_apr_3_no_needs_neither_pin_nor_code(phone, resident, now):
    """APR-3, APR-5: the owner who finds a stranger's request has not seen the stranger's screen."""
    request_id, _ = a_request_to(resident, now=now)
    phone.log_in()
    (shown,) = phone.in_session("requests").json["requests"]
    assert phone.reject(shown).json == {"decision": "reject"}
    assert state_of(request_id) is RequestState.REJECTED
    assert refusal(phone.reject(shown)) == (409, "request_over")


def test_apr_4_yes_needs_what_the_browser_shows(phone, resident, now):
    """APR-4."""
    request_id, asked = a_request_to(resident, now=now)
    shown = phone.bind(asked.qr_token).json
    other = "A" if asked.short_code[0] != "A" else "C"
    assert refusal(phone.approve(shown, word=other + asked.short_code[1:])) == (422, "not_bound")
    path = f"requests/{shown['id']}/decision"
    bare = phone.ask(path, is_approved=True, pin="271828", approval=phone.approval(shown))
    assert refusal(bare) == (422, "invalid")
    both = {"qr_token": asked.qr_token, "short_code": asked.short_code}
    assert refusal(phone.ask(path, is_approved=True, pin="271828", approval=phone.approval(shown), **both))[0] == 422
    assert refusal(phone.ask(path, is_approved=True, approval=phone.approval(shown), qr_token=asked.qr_token))[0] == 422
    assert state_of(request_id) is RequestState.OPEN


@pytest.mark.parametrize(
    "altered",
    [
        {"reference_text": "Betal 10.000 kr."},
        {"reference_text": ""},
        {"asks": "Somebody else"},
        {"level": "HIGH"},
        {"level": "LOW"},
        {"decision": "reject"},
        {"decision": "maybe"},
        {"nonce": "A" * 43},
        {"request_id": str(UUID(int=7))},
        {"at": "yesterday"},
        {"at": None},
        {"more": 1},
    ],
    ids=str,
)
def test_apr_6_what_was_signed_is_what_was_asked(phone, resident, now, altered):
    """APR-6."""
    request_id, asked = a_request_to(resident, now=now)
    shown = phone.bind(asked.qr_token).json
    approval = phone.approval(shown, **altered)
    answer = phone.ask(
        f"requests/{shown['id']}/decision", is_approved=True, pin="271828", qr_token=asked.qr_token, approval=approval
    )
    assert refusal(answer) == (422, "approval_not_valid")
    assert state_of(request_id) is RequestState.OPEN
    assert phone.approve(shown, word=asked.qr_token).status == 200


@pytest.mark.parametrize("name", ["request_id", "reference_text", "asks", "level", "decision", "at", "nonce"])
def test_apr_6_nothing_of_it_may_be_left_out(phone, resident, now, name):
    """APR-6."""
    _, asked = a_request_to(resident, now=now)
    shown = phone.bind(asked.qr_token).json
    said = {**shown, "request_id": shown["id"], "decision": "approve", "at": now.isoformat()}
    said = {key: said[key] for key in ("request_id", "reference_text", "asks", "level", "decision", "at", "nonce")}
    del said[name]
    header = {"alg": "ES256", "kid": str(phone.app_id), "typ": "approval+jws"}
    approval = phone.jws(header, compact(said)).decode()
    answer = phone.ask(
        f"requests/{shown['id']}/decision", is_approved=True, pin="271828", qr_token=asked.qr_token, approval=approval
    )
    assert refusal(answer) == (422, "approval_not_valid")


def test_apr_6_a_signed_no_is_no_yes(phone, resident, now):
    """APR-6: nor the other way round, nor another app's signature."""
    _, asked = a_request_to(resident, now=now)
    shown = phone.bind(asked.qr_token).json
    path = f"requests/{shown['id']}/decision"
    no, yes = phone.approval(shown, decision="reject"), phone.approval(shown)
    assert (
        phone.ask(path, is_approved=True, pin="271828", qr_token=asked.qr_token, approval=no).code
        == "approval_not_valid"
    )
    assert phone.ask(path, is_approved=False, approval=yes).code == "approval_not_valid"
    second = a_phone_of(resident, now=now)
    theirs = second.approval(shown)
    for forged in (theirs, yes[:-4] + "AAAA", "", "a.b.c", yes + "\n", "x" * 4096):
        answer = phone.ask(path, is_approved=True, pin="271828", qr_token=asked.qr_token, approval=forged)
        assert answer.code in {"approval_not_valid", "invalid"}, forged
    assert phone.approve(shown, word=asked.qr_token).status == 200


def test_an_approval_of_one_request_is_none_of_the_next(phone, resident, now):
    """Each has a nonce of its own."""
    _, first = a_request_to(resident, now=now)
    shown = phone.bind(first.qr_token).json
    used = phone.approval(shown)
    assert phone.reject(shown).status == 200
    _, second = a_request_to(resident, now=now)
    fresh = phone.bind(second.qr_token).json
    path = f"requests/{fresh['id']}/decision"
    answer = phone.ask(path, is_approved=True, pin="271828", qr_token=second.qr_token, approval=used)
    assert answer.code == "approval_not_valid"


def test_another_citizens_request_is_as_good_as_none(phone, now):
    other = a_resident(now=now)
    theirs = a_phone_of(other, now=now)
    request_id, asked = a_request_to(other, now=now)
    shown = theirs.bind(asked.qr_token).json
    unknown = shown | {"id": str(uuid4())}
    answers = [phone.bind(asked.qr_token), phone.bind(f"{uuid4()}.{'A' * 32}"), phone.bind(asked.short_code)]
    answers += [phone.approve(shown, word=asked.qr_token), phone.approve(unknown, word=asked.qr_token)]
    answers += [phone.reject(shown), phone.reject(unknown)]
    assert {refusal(answer) for answer in answers} == {(409, "request_over")}
    assert len({answer.body for answer in answers}) == 1
    assert state_of(request_id) is RequestState.OPEN
    phone.log_in()
    assert phone.in_session("requests").json == {"requests": []}


def test_apr_2_after_five_minutes_it_is_over(phone, resident, now):
    """APR-2."""
    earlier = now - timedelta(minutes=5)
    _, asked = a_request_to(resident, now=earlier)
    assert refusal(phone.bind(asked.qr_token)) == (409, "request_over")
    phone.log_in()
    assert phone.in_session("requests").json == {"requests": []}
    row = ApprovalRequest.objects.get()
    shown = {"id": str(row.id), "asks": row.asks, "reference_text": row.reference_text, "level": "SUBSTANTIAL"}
    assert refusal(phone.approve(shown | {"nonce": "A"}, word=asked.qr_token)) == (409, "request_over")


def test_it_is_answered_once(phone, resident, now):
    _, asked = a_request_to(resident, now=now)
    shown = phone.bind(asked.qr_token).json
    assert phone.approve(shown, word=asked.qr_token).status == 200
    assert refusal(phone.approve(shown, word=asked.qr_token)) == (409, "request_over")
    assert refusal(phone.reject(shown)) == (409, "request_over")


def test_try_1_three_wrong_pins_pause_the_app_and_say_until_when(phone, resident, now):
    """TRY-1: ten minutes; a right PIN does not end the pause."""
    request_id, asked = a_request_to(resident, now=now)
    shown = phone.bind(asked.qr_token).json
    for _ in range(2):
        answer = phone.approve(shown, word=asked.qr_token, pin="314159")
        assert refusal(answer) == (403, "wrong_pin")
    answer = phone.approve(shown, word=asked.qr_token, pin="314159")
    assert refusal(answer) == (403, "app_paused")
    until = answer.json["paused_until"]
    assert now.isoformat()[:16] < until < (now + timedelta(minutes=11)).isoformat()
    assert refusal(phone.approve(shown, word=asked.qr_token)) == (403, "app_paused")
    assert refusal(phone.log_in()) == (403, "app_paused")
    assert phone.ask("me").json["paused_until"] == until
    assert state_of(request_id) is RequestState.OPEN


def test_try_2_a_forger_pauses_nothing(phone, resident, now):
    """TRY-2: a PIN counts only when the phone's own key asks."""
    _, asked = a_request_to(resident, now=now)
    shown = phone.bind(asked.qr_token).json
    for _ in range(10):
        body = phone.jws(phone.header("sessions"), compact({"pin": "000000"}))
        assert refusal(phone.send("sessions", body[:-4] + b"AAAA")) == (403, "not_accepted")
    assert phone.approve(shown, word=asked.qr_token).status == 200


def test_a_block_ends_what_waits(phone, resident, now):
    """BLK-1."""
    _, asked = a_request_to(resident, now=now)
    shown = phone.bind(asked.qr_token).json
    block(resident, now=clock.now())
    assert refusal(phone.approve(shown, word=asked.qr_token)) == (403, "identity_blocked")


def test_apr_5_the_opening_code_makes_room_for_the_owners_browser(phone, resident, now):
    """APR-5, TRY-2."""
    a_request_to(resident, now=now)
    own = open_request(purpose=Purpose.PORTAL_LOGIN, user_id=resident.user_id, source="s", now=now)
    refused = choose_app(request_id=own.id, browser_token=None, opening_code=None, now=clock.now())
    assert refused == RefusedParallel()
    phone.log_in()
    given = phone.in_session("opening-codes")
    assert given.status == 201
    asked = choose_app(request_id=own.id, browser_token=None, opening_code=given.json["code"], now=clock.now())
    assert phone.bind(asked.qr_token).json["id"] == str(own.id)


def test_the_queries_of_a_decision_do_not_grow(phone, resident, now, django_assert_max_num_queries):
    _, asked = a_request_to(resident, now=now)
    with django_assert_max_num_queries(4):
        shown = phone.bind(asked.qr_token).json
    phone.next_nonce()
    with django_assert_max_num_queries(30):
        phone.approve(shown, word=asked.qr_token)


@pytest.mark.django_db(transaction=True)
def test_two_yeses_at_once_are_one():
    """One of them finds it answered."""
    cache.clear()
    now = clock.now()
    resident = a_resident(now=now)
    phone = a_phone_of(resident, now=now)
    _, asked = a_request_to(resident, now=now)
    shown = phone.bind(asked.qr_token).json
    start = threading.Barrier(2)

    def approve(_):
        same = a_phone_again(phone)
        same.nonce = same.next_nonce()
        start.wait()
        try:
            return refusal(same.approve(shown, word=asked.qr_token))
        finally:
            connection.close()
            for pool in cache._cache._pools.values():  # this thread's own
                pool.disconnect()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(approve, range(2)))
    assert answers == [(200, ""), (409, "request_over")]


def a_phone_again(phone):
    """The same key and app, with a connection of its own."""
    return a_fresh_phone(key=phone.key, app_id=phone.app_id)


def test_what_is_too_long_is_told_in_the_language_of_each(phone):
    """The serializers are kept from one request to the next, and their words are not."""
    told = {}
    for language in ("en", "da", "en"):
        phone.language = language
        told[language] = phone.bind("x" * 300, name="short_code").json["invalid"]["short_code"]
    assert told["en"] != told["da"]
    assert "300" not in str(told)
    assert "no more than" in told["en"][0]
