"""Blocking, stopping, activation, languages and answers by SMS, as a browser without JavaScript meets them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from twilio.request_validator import RequestValidator

from identities.api import (
    AssuranceLevel,
    ChangeField,
    ChangeState,
    HandedOut,
    IdentityState,
    hand_out_code_device,
    identity_by_id,
)
from identities.models import PendingChange
from notifications.api import Language, MessageKind
from notifications.models import Delivery
from notifications.signed_calls import signature_of
from tests.factories.identities import (
    PASSWORD,
    Resident,
    a_device,
    a_resident,
    an_issued_identity,
    an_officer,
)
from tests.factories.selfservice import (
    NEW_PHONE,
    NEW_USER_ID,
    a_requested_change,
    change_row,
    log_in,
    stop_code_for,
    stop_path_for,
)
from tests.selfservice.reading import Travel, text_of, url

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


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
        out = hand_out_code_device(
            serial=device.serial, identity_id=identity_id, proven_level=AssuranceLevel.HIGH, actor=an_officer(), now=now
        )
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
        response = browser.post(url("activate-device"), try_)
        assert response.status_code == 422
        assert PASSWORD not in text_of(response)
        assert try_["user_id"] in text_of(response)
        refusals.append(text_of(response).split("alert-text nobullet-list")[1].split("</ul>")[0])
    assert len(set(refusals)) == 1
    typed["device_code"] = device.code(travel(MINUTE))
    assert browser.post(url("activate-device"), typed)["Location"] == url("activated", what="device")


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
    pages = [text_of(browser.post(url("activate-device"), typed)) for _ in range(3)]
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
    other = "y" if signature.startswith("x") else "x"
    forged = provider.post(url("sms-inbound"), form, headers={"X-Twilio-Signature": other + signature[1:]})
    assert forged.status_code == 403
    assert change_row(change.change_id).state == ChangeState.PENDING
    for _ in range(2):
        response = provider.post(url("sms-inbound"), form, headers={"X-Twilio-Signature": signature})
        assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
        assert text_of(response).endswith("<Response></Response>")
    assert change_row(change.change_id).state == ChangeState.CANCELLED
    assert provider.get(url("sms-inbound")).status_code == 405


def test_an_answer_that_the_second_provider_hands_over_stops_a_change_once(
    db: None, travel: Travel, settings: Any
) -> None:
    settings.HTTP_SMS_SECRET = "secret-of-the-test"
    now = travel()
    citizen = a_resident(now=now, phone="+4531234567")
    change = a_requested_change(log_in(Client(), citizen.identity_id, at=now), ChangeField.USER_ID, now=now)
    told = {"id": "abc", "from": citizen.phone, "text": f"nej {stop_code_for(citizen)}"}
    body, timestamp = json.dumps(told).encode(), str(int(now.timestamp()))
    provider = Client(enforce_csrf_checks=True)
    for secret, status in (("another", 403), ("secret-of-the-test", 204), ("secret-of-the-test", 204)):
        signature = signature_of(secret=secret, timestamp=timestamp, body=body)
        headers = {"X-Timestamp": timestamp, "X-Signature": signature}
        response = provider.post(url("http-sms-inbound"), body, content_type="application/json", headers=headers)
        assert response.status_code == status
    assert change_row(change.change_id).state == ChangeState.CANCELLED
    assert Delivery.objects.filter(kind=MessageKind.REPLY_STOPPED).count() == 1


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("change-phone", {"contact": NEW_PHONE}),
        ("change-user-id", {"user_id": NEW_USER_ID}),
        ("block-confirm", {"reason": "own_wish"}),
        ("change-user-id-rating", {"user_id": NEW_USER_ID}),
        ("language", {"language": "en"}),
        ("activate-device", {"user_id": "x"}),
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
