"""What every address does before it acts: media, size, address, signature, nonce, members."""

import gzip
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from authentication.app_api.jws import MOST_BODY_BYTES
from authentication.app_api.nonces import new_nonce
from identities.api import IdentityState
from tests.authentication.app_api.phones import a_fresh_phone, a_phone_of, block
from tests.factories.app_client import JOSE, ROOT, PhoneApp, compact, encoded
from tests.factories.identities import a_resident

NOTHING = b"{}"


def refusal(answer):
    return answer.status, answer.code


def test_a_signed_request_is_answered(phone, resident):
    answer = phone.ask("me")
    assert answer.status == 200
    assert answer.json == {
        "app_id": str(phone.app_id),
        "user_id": resident.user_id,
        "language": "da",
        "level": "SUBSTANTIAL",
        "platform": "android",
        "state": "active",
        "identity_state": IdentityState.ACTIVE,
        "paused_until": None,
    }


def test_get_and_head_give_a_nonce():
    client = Client()
    for asked, status in ((client.get, 204), (client.head, 204)):
        answer = asked(f"{ROOT}/nonce")
        assert (answer.status_code, answer.content, len(answer.headers["Replay-Nonce"])) == (status, b"", 80)
        assert answer.headers["Cache-Control"] == "no-store"


def test_every_answer_brings_a_nonce_that_works(phone):
    phone.ask("me")
    for _ in range(3):
        answer = phone.ask("me", more="members")
        assert refusal(answer) == (422, "invalid")
        assert phone.ask("me").status == 200


def test_another_media_type_is_refused(phone):
    body = phone.jws(phone.header("me"), NOTHING)
    for media in ("application/json", "text/plain", "application/jose+json", "application/jose; charset=utf-16", ""):
        assert refusal(phone.send("me", body, content_type=media)) == (415, "wrong_content_type")
    form = "application/x-www-form-urlencoded"
    assert refusal(phone.send("me", b"a=b", content_type=form)) == (415, "wrong_content_type")
    assert phone.send("me", body, content_type="Application/JOSE").status == 200


def test_a_packed_body_is_refused(phone):
    body = gzip.compress(phone.jws(phone.header("me"), NOTHING))
    assert refusal(phone.send("me", body, headers={"Content-Encoding": "gzip"})) == (415, "wrong_content_type")
    assert refusal(phone.send("me", body)) == (400, "malformed")


@pytest.mark.parametrize("size", [MOST_BODY_BYTES + 1, 500_000, 1_048_576, 1_048_577, 3_000_000])
def test_a_huge_body_is_refused_before_it_is_read(phone, size):
    assert refusal(phone.send("me", b"A" * size)) == (413, "too_large")
    assert refusal(phone.send("me", b"A" * size, content_type="text/plain")) == (413, "too_large")
    phone.nonce = None
    assert phone.ask("me").status == 200


def test_what_is_no_jws_is_refused(phone):
    for body in (b" ", b"{}", b"\xff\xfe", b"a.b", b"a.b.c", "æøå".encode(), b"A" * MOST_BODY_BYTES):
        assert refusal(phone.send("me", body)) == (400, "malformed")


def test_another_address_is_refused(phone):
    for url in ("sessions", "me/", "me?x=1", "ME", "../v1/me"):
        header = phone.header("me") | {"url": f"{phone.address}{ROOT}/{url}"}
        assert refusal(phone.send("me", phone.jws(header, NOTHING))) == (400, "wrong_address")
    header = phone.header("me") | {"url": f"https://phishing.example{ROOT}/me"}
    assert refusal(phone.send("me", phone.jws(header, NOTHING))) == (400, "wrong_address")
    header = phone.header("me") | {"url": f"{ROOT}/me"}
    assert refusal(phone.send("me", phone.jws(header, NOTHING))) == (400, "wrong_address")
    assert refusal(phone.send("me?x=1", phone.jws(phone.header("me"), NOTHING))) == (400, "wrong_address")


def test_a_request_made_for_one_act_does_another_no_good(phone):
    body = phone.jws(phone.header("me"), NOTHING)
    assert refusal(phone.send("unlink", body)) == (400, "wrong_address")
    assert phone.ask("me").json["state"] == "active"


def test_unknown_foreign_and_forged_look_the_same(phone, now):
    stranger = a_phone_of(a_resident(now=now), now=now)
    others = (uuid4(), stranger.app_id)  # an app that there is not, and somebody else's
    answers = [phone.send("me", phone.jws(phone.header("me") | {"kid": str(kid)}, NOTHING)) for kid in others]
    header, _, signature = phone.jws(phone.header("me"), NOTHING).split(b".")
    answers.append(phone.send("me", header + b"." + encoded(b'{"a":1}').encode() + b"." + signature))
    answers.append(phone.send("me", phone.jws(phone.header("me"), NOTHING)[:-4] + b"AAAA"))
    assert {refusal(answer) for answer in answers} == {(403, "not_accepted")}
    assert len({answer.body for answer in answers}) == 1


def test_unknown_foreign_and_forged_cost_the_same_queries(phone, now, django_assert_num_queries):
    stranger = a_phone_of(a_resident(now=now), now=now)
    for kid in (uuid4(), stranger.app_id, phone.app_id):
        body = phone.jws(phone.header("me") | {"kid": str(kid)}, NOTHING)
        with django_assert_num_queries(1):
            phone.send("me", body[:-4] + b"AAAA")


def test_a_request_is_not_heard_twice(phone):
    body = phone.jws(phone.header("me"), NOTHING)
    assert phone.send("me", body).status == 200
    assert refusal(phone.send("me", body)) == (400, "bad_nonce")


def test_a_nonce_serves_one_request_whoever_signs(phone, now):
    stranger = a_phone_of(a_resident(now=now), now=now)
    header = phone.header("me")
    assert phone.send("me", phone.jws(header, NOTHING)).status == 200
    theirs = stranger.header("me") | {"nonce": header["nonce"]}
    assert refusal(stranger.send("me", stranger.jws(theirs, NOTHING))) == (400, "bad_nonce")


def test_missing_foreign_early_and_late_nonces_are_refused(phone, now, settings):
    key = settings.SECRET_KEY
    settings.SECRET_KEY = "another-deployment-" + "0123456789" * 4
    foreign = new_nonce(now=now)
    settings.SECRET_KEY = key
    late, early = new_nonce(now=now - timedelta(minutes=5)), new_nonce(now=now + timedelta(minutes=3))
    for nonce in ("", "x", foreign, late, early):
        answer = phone.send("me", phone.jws(phone.header("me") | {"nonce": nonce}, NOTHING))
        assert refusal(answer) == (400, "bad_nonce")
    header = phone.header("me")
    del header["nonce"]
    assert refusal(phone.send("me", phone.jws(header, NOTHING))) == (400, "malformed")


def test_a_forger_uses_up_no_nonce(phone):
    header = phone.header("me")
    forged = phone.jws(header, NOTHING)[:-4] + b"AAAA"
    assert refusal(phone.send("me", forged)) == (403, "not_accepted")
    assert phone.send("me", phone.jws(header, NOTHING)).status == 200


def test_a_phone_whose_clock_is_ten_minutes_off_works(resident, now):
    for off in (timedelta(minutes=10), timedelta(minutes=-10)):
        phone = a_phone_of(resident, now=now, clock_is_off_by=off)
        assert phone.ask("me").status == 200
        assert phone.log_in().status == 201


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"{",
        b'{"pin":"271828","pin":"111111"}',
        b'{"pin":NaN}',
        b'{"pin":"\xff"}',
        b'{"a":' * 3000,
        b"[" * 16_000,
    ],
    ids=range(10),
)
def test_a_payload_that_is_no_plain_object_is_refused(phone, payload):
    assert refusal(phone.send("sessions", phone.jws(phone.header("sessions"), payload))) == (400, "malformed")


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"pin": 271828},
        {"pin": None},
        {"pin": ["271828"]},
        {"pin": {"pin": "271828"}},
        {"pin": "27182"},
        {"pin": "2718281"},
        {"pin": "٢٧١٨٢٨"},
        {"pin": "27182\u0000"},
        {"pin": "\ud800" * 6},
        {"pin": "271828", "more": 1},
        {"pin": "271828", "PIN": "271828"},
    ],
    ids=range(12),
)
def test_members_of_another_shape_are_refused_and_count_for_nothing(phone, members):
    body = phone.jws(phone.header("sessions"), _escaped(members))
    answer = phone.send("sessions", body)
    assert refusal(answer) == (422, "invalid")
    assert answer.json["invalid"]
    for _ in range(4):
        phone.ask("sessions", pin="x")
    assert phone.log_in().status == 201


def _escaped(members):
    return json.dumps(members).encode("ascii")


def test_an_app_that_was_stopped_is_told_so(phone, resident, now):
    assert phone.ask("unlink").status == 204
    assert refusal(phone.ask("sessions", pin="271828")) == (403, "app_blocked")
    assert refusal(phone.ask("requests/bind", short_code="AAAA-AAAA")) == (403, "app_blocked")
    assert phone.ask("me").json["state"] == "blocked"
    assert phone.ask("unlink").status == 204


def test_an_app_of_a_blocked_identity_is_told_so(phone, resident, now):
    block(resident, now=now)
    assert refusal(phone.ask("sessions", pin="271828")) == (403, "identity_blocked")
    assert phone.ask("me").json["identity_state"] == "blocked"


def test_only_the_method_that_is_described_is_answered(phone):
    client = Client()
    for method in ("get", "put", "patch", "delete", "options", "head", "trace"):
        answer = getattr(client, method)(f"{ROOT}/me")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST"), method
    assert client.post(f"{ROOT}/nonce").status_code == 405


def test_where_nothing_is_it_is_said_as_a_problem():
    for path in ("nothing", "requests/1/decision", "enrolments/x/completion", "requests/"):
        answer = Client().post(f"{ROOT}/{path}", data=b"x", content_type=JOSE, headers={"Accept-Language": "en"})
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
        assert answer.json()["code"] == "not_found"


def test_a_foreign_site_gets_no_leave(phone):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert Client().options(f"{ROOT}/me", headers=headers).status_code == 405
    answer = phone.send("me", phone.jws(phone.header("me"), NOTHING), headers={"Origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_cookie_makes_no_difference(phone):
    phone.wire.client.cookies["mitid_session"] = "a" * 32
    phone.wire.client.cookies["csrftoken"] = "y"
    body = phone.jws(phone.header("me"), NOTHING)
    answer = phone.wire.client.post(f"{ROOT}/me", data=body, content_type=JOSE)
    assert (answer.status_code, answer.cookies) == (200, {})
    assert "Cookie" not in answer.headers["Vary"]


def test_words_come_in_the_language_asked_for(phone):
    phone.language = "en"
    english = phone.ask("me", more=1).json["detail"]
    assert english == "Something that you typed cannot be used. Check it and try again."
    phone.language = "da"
    assert phone.send("me", phone.jws(phone.header("me"), b"{}")).headers["Content-Language"] == "da"


def test_a_cache_that_is_away_shuts_the_door(phone, settings):
    body = phone.jws(phone.header("me"), NOTHING)
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    for answer in (phone.send("me", body), phone.wire.get(f"{ROOT}/nonce")):
        assert refusal(answer) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert "Replay-Nonce" not in answer.headers


def test_an_enrolment_is_signed_with_the_key_that_it_brings(db, now):
    phone, other = a_fresh_phone(), PhoneApp(None, address="")
    header = phone.header("enrolments") | {"jwk": other.jwk}
    assert refusal(phone.send("enrolments", phone.jws(header, compact({})))) == (403, "not_accepted")


def test_a_known_app_asks_by_its_id_and_a_new_one_by_its_key(phone):
    header = phone.header("me")
    del header["kid"]
    assert refusal(phone.send("me", phone.jws(header | {"jwk": phone.jwk}, NOTHING))) == (400, "malformed")
    assert refusal(phone.ask("enrolments", user_id="x")) == (400, "malformed")
