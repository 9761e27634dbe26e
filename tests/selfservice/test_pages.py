"""The pages behind the log-in, as a browser without JavaScript meets them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from identities.api import (
    ChangeField,
    ChangeState,
    ContactKind,
    contacts_of,
)
from identities.models import PendingChange
from mitid_portal.times import danish_time
from notifications.api import Channel, DeliveryState
from notifications.models import Delivery
from tests.factories.identities import (
    Resident,
    a_person,
    a_resident,
    code_sent_to,
)
from tests.factories.selfservice import (
    NEW_EMAIL,
    NEW_PHONE,
    NEW_USER_ID,
    a_requested_change,
    change_row,
    log_in,
)
from tests.selfservice.reading import Travel, text_of, url

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)

CITIZENS_PAGES = [
    "profile",
    "change-phone",
    "change-phone-code",
    "change-email",
    "change-email-code",
    "change-user-id",
    "change-password",
    "authenticators",
    "add-app",
    "add-chip",
    "activity",
    "block-confirm",
]


@pytest.mark.django_db
@pytest.mark.parametrize("name", CITIZENS_PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_citizens_page_sends_others_to_log_in(browser: Client, name: str, method: str) -> None:
    response = getattr(browser, method)(url(name))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("authentication:log-in"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["home", "activate", "activate-device", "activate-chip", "activate-password", "block-start", "blocked"]
)
@pytest.mark.parametrize("language", ["da", "en"])
def test_a_public_page_is_open_to_everybody(name: str, language: str) -> None:
    response = Client(headers={"accept-language": language}).get(url(name))
    assert response.status_code == 200
    assert f'<html lang="{language}"' in text_of(response)


def test_the_profile_shows_what_stands(browser: Client, citizen: Resident, travel: Travel) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    page = text_of(browser.get(url("profile")))
    number = citizen.cpr_number
    for shown in (
        citizen.name,
        f"{number[:6]}-{number[6:]}",
        "Skovvej 3, 8000 Aarhus C",
        citizen.phone,
        citizen.email,
        citizen.user_id,
        str(citizen.identity_id),
        citizen.device.serial,
    ):
        assert shown in page


def test_alr_5_a_message_that_did_not_arrive_is_told_of(browser: Client, citizen: Resident, travel: Travel) -> None:
    """ALR-5."""
    delivery = Delivery.objects.filter(reference=citizen.identity_id, channel=Channel.SMS).latest("id")
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.GIVEN_UP, given_up_at=travel(), failure="21211", next_attempt_at=None
    )
    log_in(browser, citizen.identity_id, at=travel())
    assert "We could not reach you" in text_of(browser.get(url("profile")))
    travel(timedelta(days=31))
    log_in(browser, citizen.identity_id, at=travel())
    assert "We could not reach you" not in text_of(browser.get(url("profile")))


def test_a_protected_address_is_not_shown(browser: Client, db: None, travel: Travel) -> None:
    person = a_person()
    hidden = type(person)(**{**vars(person), "address": None, "is_name_protected": True})
    resident = a_resident(now=travel(), person=hidden)
    log_in(browser, resident.identity_id, at=travel())
    assert "Protected" in text_of(browser.get(url("profile")))


@pytest.mark.parametrize(
    "way",
    [
        ("change-phone", ContactKind.PHONE, "31 41 59 26", NEW_PHONE),
        ("change-email", ContactKind.EMAIL, NEW_EMAIL, NEW_EMAIL),
    ],
)
def test_a_contact_is_changed_with_two_logins(
    browser: Client, citizen: Resident, travel: Travel, way: tuple[str, ContactKind, str, str]
) -> None:
    name, kind, typed, stored = way
    log_in(browser, citizen.identity_id, at=travel())
    assert browser.post(url(name), {"contact": typed})["Location"] == url(f"{name}-code")
    assert stored in text_of(browser.get(url(f"{name}-code")))
    code = code_sent_to(owner_id=citizen.identity_id, kind=kind)
    response = browser.post(url(f"{name}-code"), {"code": f"{code[:3]} {code[3:]}"})
    change = PendingChange.objects.get()
    assert response["Location"] == url("change", change_id=change.id)
    page = text_of(browser.get(response["Location"]))
    assert stored in page
    assert "Log out, and log in again after" in page
    assert 'value="confirm"' not in page

    log_in(browser, citizen.identity_id, at=travel(HOUR + MINUTE))
    assert 'value="confirm"' in text_of(browser.get(url("change", change_id=change.id)))
    done = browser.post(url("change", change_id=change.id), {"act": "confirm"})
    assert done["Location"] == url("change-done", change_id=change.id)
    assert stored in text_of(browser.get(done["Location"]))
    assert contacts_of(citizen.identity_id)[kind] == stored


def test_a_confirmation_too_early_is_refused_with_the_time(browser: Client, citizen: Resident, travel: Travel) -> None:
    now = travel()
    change = a_requested_change(log_in(browser, citizen.identity_id, at=now), ChangeField.USER_ID, now=now)
    address = url("change", change_id=change.change_id)
    for by in (timedelta(), 20 * MINUTE):
        log_in(browser, citizen.identity_id, at=travel(by)) if by else None
        response = browser.post(address, {"act": "confirm"})
        assert response.status_code == 422
        assert "It is too early" in text_of(response)
        with translation.override("en"):
            assert danish_time(change.opens_at) in text_of(response)
    assert change_row(change.change_id).state == ChangeState.PENDING


def test_a_login_held_open_over_the_hour_is_told_to_log_in_again(
    browser: Client, citizen: Resident, settings: Any, travel: Travel
) -> None:
    settings.SESSION_IDLE_FOR = settings.SESSION_LASTS_FOR = timedelta(hours=5)
    now = travel()
    change = a_requested_change(log_in(browser, citizen.identity_id, at=now), ChangeField.USER_ID, now=now)
    travel(HOUR + MINUTE)
    address = url("change", change_id=change.change_id)
    page = text_of(browser.get(address))
    assert "Log out and log in again now" in page
    assert 'value="confirm"' not in page
    response = browser.post(address, {"act": "confirm"})
    assert response.status_code == 422
    assert "You logged in before" in text_of(response)


def test_after_the_window_nothing_can_be_confirmed(browser: Client, citizen: Resident, travel: Travel) -> None:
    now = travel()
    change = a_requested_change(log_in(browser, citizen.identity_id, at=now), ChangeField.USER_ID, now=now)
    log_in(browser, citizen.identity_id, at=travel(25 * HOUR + MINUTE))
    address = url("change", change_id=change.change_id)
    assert "ran out" in text_of(browser.get(address))
    response = browser.post(address, {"act": "confirm"})
    assert response.status_code == 422
    assert "ran out at" in text_of(response)


def test_the_citizen_stops_a_change(browser: Client, citizen: Resident, travel: Travel) -> None:
    now = travel()
    change = a_requested_change(log_in(browser, citizen.identity_id, at=now), ChangeField.USER_ID, now=now)
    address = url("change", change_id=change.change_id)
    assert browser.post(address, {"act": "cancel"}).status_code == 302
    assert "The change is stopped" in text_of(browser.get(address))
    assert change_row(change.change_id).state == ChangeState.CANCELLED


@pytest.mark.parametrize("act", ["", "approve", "CONFIRM"])
def test_an_act_that_does_not_exist_does_nothing(browser: Client, citizen: Resident, travel: Travel, act) -> None:
    now = travel()
    change = a_requested_change(log_in(browser, citizen.identity_id, at=now), ChangeField.USER_ID, now=now)
    assert browser.post(url("change", change_id=change.change_id), {"act": act}).status_code == 422
    assert change_row(change.change_id).state == ChangeState.PENDING


@pytest.mark.parametrize("name", ["change", "change-done"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_elses_change_is_no_change(
    browser: Client, citizen: Resident, travel: Travel, name: str, method: str
) -> None:
    now = travel()
    change = a_requested_change(log_in(Client(), citizen.identity_id, at=now), ChangeField.USER_ID, now=now)
    log_in(browser, a_resident(now=now).identity_id, at=now)
    expected = 405 if (name, method) == ("change-done", "post") else 404
    for change_id in (change.change_id, uuid4()):
        for act in ("confirm", "cancel"):
            response = getattr(browser, method)(url(name, change_id=change_id), {"act": act})
            assert response.status_code == expected
    assert change_row(change.change_id).state == ChangeState.PENDING


def test_a_change_that_is_not_made_is_not_shown_as_done(browser: Client, citizen: Resident, travel: Travel) -> None:
    now = travel()
    change = a_requested_change(log_in(browser, citizen.identity_id, at=now), ChangeField.USER_ID, now=now)
    response = browser.get(url("change-done", change_id=change.change_id))
    assert response["Location"] == url("change", change_id=change.change_id)


def test_a_waiting_change_takes_the_place_of_the_form(browser: Client, citizen: Resident, travel: Travel) -> None:
    now = travel()
    login = log_in(browser, citizen.identity_id, at=now)
    change = a_requested_change(login, ChangeField.USER_ID, now=now)
    page = text_of(browser.get(url("change-user-id")))
    assert url("change", change_id=change.change_id) in page
    assert 'name="user_id"' not in page
    assert browser.post(url("change-user-id"), {"user_id": "ørred i å"}).status_code == 422
    assert NEW_USER_ID not in text_of(browser.get(url("profile")))


def test_a_user_id_is_asked_for_and_its_guessability_shown(browser: Client, citizen: Resident, travel: Travel) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    refused = browser.post(url("change-user-id"), {"user_id": "østergård 1"})
    assert refused.status_code == 422
    assert "too easy to guess" in text_of(refused)
    assert "to guess</p>" in text_of(refused)
    assert 'value="østergård 1"' in text_of(refused)
    taken = browser.post(url("change-user-id"), {"user_id": NEW_USER_ID})
    assert taken["Location"] == url("change", change_id=PendingChange.objects.get().id)


def test_the_rating_answers_with_a_number_only(browser: Client, citizen: Resident, travel: Travel) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    weak = browser.post(url("change-user-id-rating"), {"user_id": "12345"}).json()
    strong = browser.post(url("change-user-id-rating"), {"user_id": NEW_USER_ID + " 7 kvist"}).json()
    assert set(weak) == {"score"}
    assert weak["score"] < strong["score"]
    assert browser.post(url("change-user-id-rating"), {"user_id": ""}).status_code == 422
    assert browser.get(url("change-user-id-rating")).status_code == 405


def test_a_session_holds_ids_and_nothing_personal(browser: Client, citizen: Resident, travel: Travel) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    browser.post(url("change-phone"), {"contact": NEW_PHONE})
    kept = dict(browser.session.items())
    assert NEW_PHONE[3:] not in str(kept)
    assert set(kept) == {"portal_login_id", "contact_proof_phone"}


def test_the_code_page_without_a_code_goes_back(browser: Client, citizen: Resident, travel: Travel) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    for method in (browser.get, browser.post):
        assert method(url("change-phone-code"))["Location"] == url("change-phone")


def test_somebody_elses_proof_in_the_session_proves_nothing(browser: Client, citizen: Resident, travel: Travel) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    browser.post(url("change-phone"), {"contact": NEW_PHONE})
    log_in(browser, a_resident(now=travel()).identity_id, at=travel())
    assert browser.get(url("change-phone-code"))["Location"] == url("change-phone")


def test_a_wrong_contact_code_is_told_beside_the_field(browser: Client, citizen: Resident, travel: Travel) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    browser.post(url("change-phone"), {"contact": NEW_PHONE})
    code = code_sent_to(owner_id=citizen.identity_id, kind=ContactKind.PHONE)
    response = browser.post(url("change-phone-code"), {"code": f"{(int(code) + 1) % 10**6:06}"})
    assert response.status_code == 422
    assert "The code is not right" in text_of(response)


def test_the_sixth_code_is_refused_with_the_time(browser: Client, citizen: Resident, travel: Travel) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    for number in range(5):
        assert browser.post(url("change-phone"), {"contact": f"3141592{number}"}).status_code == 302
    response = browser.post(url("change-phone"), {"contact": "31415929"})
    assert response.status_code == 422
    assert "You can ask for the next one from" in text_of(response)
