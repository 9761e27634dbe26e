"""The demo for programs: field names, clear refusals, and the same way in as a real text message."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from mitid_portal import clock
from mitid_portal.demo.devices import display_of
from mitid_portal.demo.people import CAST
from mitid_portal.demo.seeding.identities import ensure_registered
from notifications.api import Address, Channel, ContactCode, Language, enqueue, local_messages

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("demo_mode")]


def _json(client: Client, path: str) -> Any:
    response = client.get(f"/demo/{path}")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    return response.json()


def test_personas_without_identities_have_the_promised_fields(client: Client) -> None:
    found = _json(client, "personas.json")
    assert {"role", "name", "cpr_number", "user_id", "password", "devices", "phone", "email"} <= set(found[0])
    roles = [persona["role"] for persona in found]
    assert roles.count("clerk") == 2
    assert {"support", "administrator", "auditor", "citizen"} <= set(roles)
    applicants = [persona for persona in found if persona["role"] == "applicant"]
    assert len(applicants) == 2
    for applicant in applicants:
        assert applicant["user_id"] is None
        assert applicant["devices"] == []
        assert [len(line) for line in applicant["passport_mrz"]] == [44, 44]
        assert len(applicant["control_answers"]) >= 3


def test_devices_show_current_codes_of_stock_and_people(client: Client) -> None:
    assert [device["serial"] for device in _json(client, "devices.json")] == [part.serial for part in CAST]
    for number in range(1, 6):
        assert ensure_registered(f"KV-1000-{number:04}")
    assert not ensure_registered("KV-1000-0001")
    devices = _json(client, "devices.json")
    assert [device["serial"] for device in devices][-5:] == [f"KV-1000-{number:04}" for number in range(1, 6)]
    last = devices[-1]
    now = clock.now()
    near = {display_of(last["serial"], now=now - timedelta(seconds=s)).code for s in (0, 30)}
    assert last["kind"] == "code_display"
    assert last["code"] == last["current_code"]
    assert last["code"] in near
    assert 1 <= last["seconds_left"] <= 30


def test_clock_moves_ahead_for_everybody(client: Client) -> None:
    before = clock.now()
    response = client.post("/demo/clock", {"hours": 2}, content_type="application/json")
    assert response.status_code == 200
    assert clock.now() - before >= timedelta(hours=2)
    told = datetime.fromisoformat(_json(client, "clock")["now"])
    assert abs(told - clock.now()) < timedelta(seconds=5)


def test_clock_moves_by_minutes_too(client: Client) -> None:
    client.post("/demo/clock", {"minutes": 1}, content_type="application/json")
    assert clock.demo_offset() == timedelta(minutes=1)


def test_clock_button_leads_back_to_the_page(client: Client) -> None:
    response = client.post("/demo/clock", "hours=1", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 303
    assert response["Location"] == "/demo/"
    assert clock.demo_offset() == timedelta(hours=1)


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"hours": 0}',
        '{"hours": -1}',
        '{"minutes": 0}',
        '{"minutes": 60}',
        '{"hours": "x"}',
        '{"hours": 999999}',
        "[]",
        "null",
        "{",
        '{"hours": null}',
    ],
)
def test_clock_refuses_what_is_no_number_of_hours(client: Client, body: str) -> None:
    response = client.post("/demo/clock", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()
    assert clock.demo_offset() == timedelta(0)


@pytest.mark.parametrize(
    "body",
    [
        *["{}", "7", "{", '{"from": "+4520100001"}', '{"text": "NO 1234"}', '{"from": "abc", "text": "NO 1234"}'],
        f'{{"from": "+4520100001", "text": "{"x" * 2000}"}}',
        '{"from": "+4520100001", "text": "a\\u0000b"}',
    ],
)
def test_sms_reply_refuses_what_is_no_text_message(client: Client, body: str) -> None:
    response = client.post("/demo/sms-reply", body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()


def test_sms_reply_without_a_change_is_answered_as_not_understood(client: Client) -> None:
    response = client.post(
        "/demo/sms-reply", {"from": "+4520100001", "text": "NO 1234"}, content_type="application/json"
    )
    assert response.status_code == 200
    assert set(response.json()) == {"outcome"}


def test_messages_are_listed_newest_first(client: Client) -> None:
    assert _json(client, "messages.json") == []
    _send("+4520100001")
    _send("+4520100002")
    found = _json(client, "messages.json")
    assert [message["to"] for message in found] == ["+4520100002", "+4520100001"]
    assert set(found[0]) == {"at", "channel", "to", "subject", "text"}
    assert [message["to"] for message in _json(client, "messages.json?to=%2B4520100001")] == ["+4520100001"]


def test_pages_show_people_and_messages(client: Client) -> None:
    _send("+4520100001")
    home = client.get("/demo/", headers={"Accept-Language": "en"})
    assert home.status_code == 200
    assert "People who come to get an identity" in home.text
    page = client.get("/demo/messages/?to=%2B4520100001", headers={"Accept-Language": "en"})
    assert local_messages(limit=1)[0].text[:20] in page.text


def test_messages_page_refuses_a_reply_from_no_phone(client: Client) -> None:
    response = client.post("/demo/messages/", {"sender": "me", "text": "NO 1234"}, headers={"Accept-Language": "en"})
    assert response.status_code == 422
    assert "This is not a phone number." in response.text
    assert "NO 1234" in response.text


def test_nothing_of_it_is_there_outside_demo_mode(client: Client, settings: Settings) -> None:
    settings.ROOT_URLCONF = "mitid_portal.urls"
    settings.DEMO = False
    for path in ("", "messages/", "personas.json", "devices.json", "messages.json", "clock", "sms-reply"):
        assert client.get(f"/demo/{path}").status_code == 404


def _send(phone: str) -> None:
    with transaction.atomic():
        enqueue(
            message=ContactCode(code="123456", minutes=15),
            addresses=[Address(channel=Channel.SMS, value=phone, id=uuid4())],
            language=Language.EN,
            reference=uuid4(),
            now=clock.now(),
        )
    call_command("deliver_due", stdout=StringIO())
