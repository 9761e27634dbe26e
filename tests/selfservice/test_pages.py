"""The pages of self-service, as a browser without JavaScript meets them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation
from twilio.request_validator import RequestValidator

from identities.api import (
    ChangeField,
    ChangeState,
    ContactKind,
    HandedOut,
    IdentityState,
    contacts_of,
    hand_out_code_display,
    identity_by_id,
)
from identities.models import PendingChange
from mitid_portal.times import danish_time
from notifications.api import Language
from tests.factories.identities import (
    PASSWORD,
    Resident,
    a_device,
    a_person,
    a_resident,
    an_issued_identity,
    an_officer,
    code_sent_to,
)
from tests.factories.selfservice import (
    NEW_EMAIL,
    NEW_PHONE,
    NEW_USER_ID,
    a_requested_change,
    change_row,
    log_in,
    stop_code_for,
    stop_path_for,
)

Travel = Callable[..., datetime]
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def browser() -> Client:
    """A browser that reads English and sends the forms' tokens."""
    return Client(headers={"accept-language": "en"})


def url(name: str, **kwargs: Any) -> str:
    return reverse(f"selfservice:{name}", kwargs=kwargs)


def text_of(response: Any) -> str:
    return str(response.content.decode())


CITIZENS_PAGES = [
    "profile",
    "change-phone",
    "change-phone-code",
    "change-email",
    "change-email-code",
    "change-user-id",
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
@pytest.mark.parametrize("name", ["home", "activate", "activated", "block-start", "blocked"])
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
    assert set(kept) == {"login_id", "contact_proof_phone"}


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


def test_a_citizen_blocks_and_is_logged_out(browser: Client, citizen: Resident, travel: Travel) -> None:
    log_in(browser, citizen.identity_id, at=travel())
    other = Client()
    log_in(other, citizen.identity_id, at=travel())
    assert browser.post(url("block-confirm"), {"reason": "nothing"}).status_code == 422
    response = browser.post(url("block-confirm"), {"reason": "lost_device"})
    assert response["Location"] == url("blocked")
    assert "Only Citizen Service can reopen it" in text_of(browser.get(url("blocked")))
    identity = identity_by_id(citizen.identity_id)
    assert identity is not None
    assert identity.state is IdentityState.BLOCKED
    for client in (browser, other):
        assert client.get(url("profile")).status_code == 302


def test_the_e_mails_page_stops_without_a_login(browser: Client, citizen: Resident, travel: Travel) -> None:
    now = travel()
    change = a_requested_change(log_in(Client(), citizen.identity_id, at=now), ChangeField.USER_ID, now=now)
    path = stop_path_for(citizen)
    page = text_of(browser.get(path))
    assert "Change of your user ID" in page
    assert NEW_USER_ID not in page
    assert citizen.name not in page
    assert change_row(change.change_id).state == ChangeState.PENDING
    assert browser.post(path, {"act": "stop"})["Location"] == path
    page = text_of(browser.get(path))
    assert "The change is stopped" in page
    assert 'value="block"' in page
    assert browser.post(path, {"act": "block"})["Location"] == url("blocked")
    identity = identity_by_id(citizen.identity_id)
    assert identity is not None
    assert identity.state is IdentityState.BLOCKED


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["x", "A" * 32, "%E2%80%AE" * 9, "A" * 3000])
def test_an_unknown_address_says_so(browser: Client, token: str) -> None:
    for response in (browser.get(f"/stop/{token}/"), *(browser.post(f"/stop/{token}/", {"act": a}) for a in "sb")):
        assert response.status_code == 404
        assert "leads nowhere" in text_of(response)
    for act in ("stop", "block"):
        assert browser.post(f"/stop/{token}/", {"act": act}).status_code == 404


@pytest.mark.django_db
def test_activation_on_the_public_page(browser: Client, travel: Travel) -> None:
    now = travel()
    identity_id, user_id, *_ = an_issued_identity(now=now)
    device = a_device()
    with transaction.atomic():
        out = hand_out_code_display(serial=device.serial, identity_id=identity_id, actor=an_officer(), now=now)
    assert isinstance(out, HandedOut)
    typed = {
        "user_id": user_id,
        "activation_code": out.activation_code,
        "device_code": device.code(now),
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    wrong = [
        typed | {"user_id": "ingen har dette"},
        typed | {"activation_code": "33333333"},
        typed | {"device_code": "000000"},
    ]
    refusals = []
    for try_ in wrong:
        response = browser.post(url("activate"), try_)
        assert response.status_code == 422
        assert PASSWORD not in text_of(response)
        assert try_["user_id"] in text_of(response)
        refusals.append(text_of(response).split("alert-text nobullet-list")[1].split("</ul>")[0])
    assert len(set(refusals)) == 1
    typed["device_code"] = device.code(travel(MINUTE))
    assert browser.post(url("activate"), typed)["Location"] == url("activated")


@pytest.mark.django_db
def test_too_many_wrong_activations_from_one_source_are_not_heard(
    browser: Client, travel: Travel, settings: Any
) -> None:
    settings.WRONG_TRIES_PER_SOURCE = 2
    typed = {
        "user_id": "ingen har dette",
        "activation_code": "33333333",
        "device_code": "123456",
        "password": PASSWORD,
        "password_again": PASSWORD,
    }
    pages = [text_of(browser.post(url("activate"), typed)) for _ in range(3)]
    assert ["too many wrong tries" in page for page in pages] == [False, False, True]


def test_the_language_of_pages_and_alerts_is_chosen(citizen: Resident, travel: Travel) -> None:
    browser = Client()
    log_in(browser, citizen.identity_id, at=travel())
    response = browser.post(url("language"), {"language": "en", "next": url("profile")})
    assert response["Location"] == url("profile")
    assert '<html lang="en"' in text_of(browser.get(url("profile")))
    identity = identity_by_id(citizen.identity_id)
    assert identity is not None
    assert identity.language is Language.EN
    for forged in ({"language": "xx"}, {"language": "\x00"}, {}, {"language": "en", "next": "https://evil.example/"}):
        assert browser.post(url("language"), forged)["Location"] == "/"
    assert browser.get(url("language")).status_code == 405


def test_a_signed_answer_stops_a_change_once(db: None, travel: Travel, settings: Any) -> None:
    settings.TWILIO_AUTH_TOKEN = "secret-of-the-test"
    now = travel()
    citizen = a_resident(now=now, phone="+4531234567")
    change = a_requested_change(log_in(Client(), citizen.identity_id, at=now), ChangeField.USER_ID, now=now)
    form = {"From": citizen.phone, "Body": f"NO {stop_code_for(citizen)}", "MessageSid": "SM123"}
    address = f"{settings.PUBLIC_ADDRESS}{url('sms-inbound')}"
    signature = RequestValidator("secret-of-the-test").compute_signature(address, form)
    provider = Client(enforce_csrf_checks=True)
    forged = provider.post(url("sms-inbound"), form, headers={"X-Twilio-Signature": "x" + signature[1:]})
    assert forged.status_code == 403
    assert change_row(change.change_id).state == ChangeState.PENDING
    for _ in range(2):
        response = provider.post(url("sms-inbound"), form, headers={"X-Twilio-Signature": signature})
        assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
        assert text_of(response).endswith("<Response></Response>")
    assert change_row(change.change_id).state == ChangeState.CANCELLED
    assert provider.get(url("sms-inbound")).status_code == 405


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("change-phone", {"contact": NEW_PHONE}),
        ("change-user-id", {"user_id": NEW_USER_ID}),
        ("block-confirm", {"reason": "own_wish"}),
        ("change-user-id-rating", {"user_id": NEW_USER_ID}),
        ("language", {"language": "en"}),
        ("activate", {"user_id": "x"}),
    ],
)
def test_a_form_from_elsewhere_is_refused(citizen: Resident, travel: Travel, name: str, form: dict[str, str]) -> None:
    browser = Client(enforce_csrf_checks=True)
    log_in(browser, citizen.identity_id, at=travel())
    assert browser.post(url(name), form).status_code == 403
    assert not PendingChange.objects.exists()
    identity = identity_by_id(citizen.identity_id)
    assert identity is not None
    assert (identity.state, identity.language) == (IdentityState.ACTIVE, Language.DA)
