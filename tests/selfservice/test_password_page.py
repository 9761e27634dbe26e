"""A new password: chosen once, judged, rated while it is typed, in force after the second login (SEC-2, CHG-4)."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client, RequestFactory

from audit.api import Actor, EventKind, events_about
from authentication.api import note_wrong_try
from identities.api import (
    AssuranceLevel,
    AuthenticatorKind,
    CodeCarrier,
    CodeGiven,
    accept_password,
    give_activation_code,
)
from identities.models import PendingChange
from selfservice.views.change_password import ACT, RATINGS_PER_SOURCE
from tests.factories.identities import PASSWORD, Resident
from tests.factories.selfservice import log_in
from tests.selfservice.reading import Travel, text_of, url

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NEW = "Regnfang-ved-søen-88"


def opens(resident: Resident, password: str, now) -> bool:
    with transaction.atomic():
        return accept_password(identity_id=resident.identity_id, typed=password, actor=Actor.visitor(), now=now)


def a_code(resident: Resident, now) -> str:
    with transaction.atomic():
        given = give_activation_code(
            identity_id=resident.identity_id,
            kind=AuthenticatorKind.PASSWORD,
            carrier=CodeCarrier.PAPER,
            proven_level=AssuranceLevel.HIGH,
            actor=Actor.system(),
            now=now,
        )
    assert isinstance(given, CodeGiven)
    assert given.text
    return given.text


def test_chg_4_the_new_password_opens_after_the_second_login(
    browser: Client, citizen: Resident, travel: Travel
) -> None:
    """CHG-4, SEC-2: what waits is a hash, and no page shows any of it."""
    log_in(browser, citizen.identity_id, at=travel())
    waits = browser.post(url("change-password"), {"password": NEW})["Location"]
    page = text_of(browser.get(waits))
    assert "It is shown nowhere" in page
    assert "argon2" not in page
    assert NEW not in page
    assert (opens(citizen, NEW, travel()), opens(citizen, PASSWORD, travel())) == (False, True)
    log_in(browser, citizen.identity_id, at=travel(HOUR + MINUTE))
    done = browser.post(waits, {"act": "confirm"})["Location"]
    assert "argon2" not in text_of(browser.get(done))
    assert (opens(citizen, NEW, travel()), opens(citizen, PASSWORD, travel())) == (True, False)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("kort", "at least 8"),
        ("x" * 65, "at most 64"),
        ("min adgangskode 7", "the word"),
        ("1234567890 ja", "ten digits"),
        ("qwertyuiop", "row of the keyboard"),
        ("", "Choose a password"),
    ],
)
def test_sec_2_a_refusal_stands_beside_the_field(
    browser: Client, citizen: Resident, travel: Travel, typed: str, said: str
) -> None:
    """SEC-2."""
    log_in(browser, citizen.identity_id, at=travel())
    refused = browser.post(url("change-password"), {"password": typed})
    assert refused.status_code == 422
    assert said in text_of(refused).split('id="id_password_error"')[1].split("</p>")[0]
    assert not PendingChange.objects.exists()


def test_sec_2_the_user_id_is_no_part_of_it(browser: Client, citizen: Resident, travel: Travel) -> None:
    """SEC-2."""
    log_in(browser, citizen.identity_id, at=travel())
    refused = browser.post(url("change-password"), {"password": f"9{citizen.user_id.upper()}9"})
    assert "must not hold your user ID" in text_of(refused)
    rated = browser.post(url("password-rating"), {"password": f"9{citizen.user_id}9"}).json()
    assert "user ID" in rated["refusal"]


def test_a_second_change_is_not_asked_for(browser: Client, citizen: Resident, travel: Travel) -> None:
    """CHG-7."""
    log_in(browser, citizen.identity_id, at=travel())
    browser.post(url("change-password"), {"password": NEW})
    assert 'name="password"' not in text_of(browser.get(url("change-password")))
    assert browser.post(url("change-password"), {"password": NEW + "x"}).status_code == 422
    assert PendingChange.objects.count() == 1


@pytest.mark.django_db
def test_the_rating_is_a_number_and_a_reason(browser: Client, settings) -> None:
    """SEC-2: for everybody, and so often as people type."""
    weak = browser.post(url("password-rating"), {"password": "sommer22", "user_id": "skovtrold"})
    strong = browser.post(url("password-rating"), {"password": NEW, "user_id": "skovtrold"})
    assert weak.json()["score"] < strong.json()["score"]
    assert strong.json()["refusal"] == ""
    assert (
        "user ID"
        in browser.post(url("password-rating"), {"password": "skovtrold 1", "user_id": "Skovtrold"}).json()["refusal"]
    )
    assert browser.post(url("password-rating"), {"password": ""}).status_code == 422
    assert browser.get(url("password-rating")).status_code == 405


@pytest.mark.django_db
def test_the_rating_is_not_for_machines(browser: Client, rf: RequestFactory) -> None:
    cache.clear()
    for _ in range(RATINGS_PER_SOURCE - 1):
        note_wrong_try(rf.get("/"), ACT)
    answers = [browser.post(url("password-rating"), {"password": NEW}).status_code for _ in range(2)]
    assert answers == [200, 429]
    cache.clear()


def test_sec_4_a_forgotten_password_is_chosen_anew_with_a_code(
    browser: Client, citizen: Resident, travel: Travel
) -> None:
    """SEC-4, AUT-1."""
    other = Client()
    log_in(other, citizen.identity_id, at=travel())
    code = a_code(citizen, travel(MINUTE))
    typed = {"user_id": citizen.user_id, "activation_code": f"{code[:6]} {code[6:10]} {code[10:]}", "password": NEW}
    short = browser.post(url("activate-password"), typed | {"password": "kort"})
    assert "at least 8" in text_of(short)
    done = browser.post(url("activate-password"), typed)
    assert done["Location"] == url("activated", what="password")
    assert "Your new password is active" in text_of(browser.get(done["Location"]))
    assert (opens(citizen, NEW, travel()), opens(citizen, PASSWORD, travel())) == (True, False)
    assert other.get(url("profile")).status_code == 302
    assert browser.post(url("activate-password"), typed).status_code == 422


def test_try_2_wrong_codes_and_unknown_user_ids_are_answered_alike(
    browser: Client, citizen: Resident, travel: Travel, settings
) -> None:
    """TRY-2, SEC-4: alike, counted by source, and recorded for who exists."""
    settings.WRONG_TRIES_PER_SOURCE = 3
    code = a_code(citizen, travel())
    right = {"user_id": citizen.user_id, "activation_code": code, "password": NEW}
    wrong = [
        right | {"user_id": "ingen har dette"},
        right | {"activation_code": f"{code[:6]}33333333"},
        right | {"activation_code": "333333333333"},
    ]
    said = []
    for typed in wrong:
        refused = browser.post(url("activate-password"), typed)
        assert refused.status_code == 422
        assert NEW not in text_of(refused)
        said.append(text_of(refused).split("alert-text nobullet-list")[1].split("</ul>")[0])
    assert len(set(said)) == 1
    assert "too many wrong tries" in text_of(browser.post(url("activate-password"), right))
    assert opens(citizen, PASSWORD, travel())
    kinds = [event.kind for event in events_about(subject_id=citizen.identity_id, limit=3)]
    assert kinds[:2] == [EventKind.ACTIVATION_REFUSED] * 2


@pytest.mark.django_db
def test_what_nobody_activates_has_no_page(browser: Client) -> None:
    assert browser.get(url("activated", what="torch")).status_code == 404
