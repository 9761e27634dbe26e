"""LOG-2: whatever goes wrong, neither log files nor the log say who it was, or what was typed."""

import json
import logging
from uuid import uuid4

import pytest
from django.db import connection

from audit.models import AuditEvent
from hsm.api import HsmUnavailable
from tests.authentication.app_api.phones import a_fresh_phone, a_request_to
from tests.factories.app_client import PIN, compact
from tests.factories.apps import an_app_code, temporary_pins_sent
from tests.factories.identities import PASSWORD

WRONG_PIN, WRONG_CODE = "918273", "QQQQ RRRR TTTT"


@pytest.fixture
def everything_is_logged(caplog, settings):
    caplog.set_level(logging.DEBUG)
    for name in ("django.request", "django.security.csrf", "django.server"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def said(caplog) -> str:
    own = [record for record in caplog.records if record.name != "django.db.backends"]
    facts = json.dumps([[str(row.kind), row.facts] for row in AuditEvent.objects.all()])
    return "\n".join([record.getMessage() + str(record.exc_info or "") for record in own]) + facts


def secrets_of(resident, phone, *more):
    return [
        PIN,
        WRONG_PIN,
        PASSWORD,
        WRONG_CODE,
        WRONG_CODE.replace(" ", ""),
        resident.user_id,
        resident.cpr_number,
        resident.name,
        resident.phone,
        resident.email,
        *more,
    ]


def test_log_2_every_failing_path_keeps_silent(resident, phone, now, everything_is_logged):
    """LOG-2."""
    _, asked = a_request_to(resident, now=now)
    phone.log_in()
    shown = phone.bind(asked.qr_token).json
    new = a_fresh_phone()
    code = an_app_code(resident.identity_id, now=now)
    begun = new.begin(user_id=resident.user_id, activation_code=code).json["enrolment_id"]
    temporary = temporary_pins_sent(resident.identity_id)[0]
    failing = [
        new.complete(begun, temporary_pin="00000000", pin=WRONG_PIN),
        new.complete(begun, temporary_pin=temporary, pin="010180"),
        new.begin(user_id=resident.user_id, activation_code=WRONG_CODE),
        new.begin(user_id=resident.user_id, copy_token="t" * 32),
        phone.approve(shown, word=asked.qr_token, pin=WRONG_PIN),
        phone.approve(shown, word="AAAA-AAAA"),
        phone.approve(shown | {"reference_text": resident.name}, word=asked.qr_token),
        phone.ask("sessions", pin=WRONG_PIN),
        phone.ask("sessions", pin=int(PIN)),
        phone.ask("sessions", pin=PIN, user_id=resident.user_id),
        phone.ask("requests", session=str(uuid4())),
        phone.bind(f"{uuid4()}.{resident.user_id}"),
        phone.send("sessions", phone.jws(phone.header("sessions"), compact({"pin": PIN}))[:-4] + b"AAAA"),
        phone.send("sessions", compact({"pin": PIN, "user_id": resident.user_id})),
        phone.send("sessions", compact({"pin": PIN}), content_type="application/json"),
        phone.send(f"sessions?pin={PIN}", phone.jws(phone.header("sessions"), compact({"pin": PIN}))),
        phone.in_session("copies/state", cpr_number=resident.cpr_number),
        phone.ask(f"copies/{uuid4()}/ticket", pin=WRONG_PIN),
    ]
    assert [answer.code for answer in failing if answer.status < 400] == ["", ""]  # the two that begin
    told = said(everything_is_logged)
    addressless = told.replace(f"?pin={PIN}", "")  # what somebody writes into an address is in every server's log
    found = [secret for secret in secrets_of(resident, phone, code, temporary, asked.qr_token) if secret in addressless]
    assert found == []


def test_log_2_a_fault_keeps_silent_too(resident, phone, now, everything_is_logged, settings):
    """LOG-2, KEY-2: a part that is away, or a fault of ours, answers in plain words and tells nobody's PIN."""
    phone.wire.client.raise_request_exception = False
    settings.PKCS11_MODULE = "/nowhere"
    header = phone.header("sessions")
    with connection.execute_wrapper(_away):
        answer = phone.send("sessions", phone.jws(header, compact({"pin": PIN})))
    assert (answer.status, answer.code) == (503, "unavailable")
    header = phone.header("sessions")
    with connection.execute_wrapper(_broken):
        answer = phone.send("sessions", phone.jws(header, compact({"pin": PIN})))
    assert (answer.status, answer.code) == (500, "server_error")
    told = said(everything_is_logged)
    assert [secret for secret in secrets_of(resident, phone) if secret in told] == []


def _away(*_):
    raise HsmUnavailable("away")


def _broken(*_):
    raise LookupError("a fault")
