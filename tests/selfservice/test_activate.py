"""Activation of a code display by its citizen (SEC-2, SEC-4, AUT-2, TRY-2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction

from audit.api import EventKind, events_about
from identities.api import (
    Activated,
    ActivationRefusal,
    ActivationRefused,
    AssuranceLevel,
    DeviceState,
    HandedOut,
    PasswordRefusal,
    PasswordRefused,
    devices_of,
    hand_out_code_device,
)
from notifications.api import MessageKind, deliveries_of
from selfservice.usecases.activate import activate
from tests.factories.identities import PASSWORD, Device, a_device, an_issued_identity, an_officer


@dataclass(frozen=True)
class Handed:
    """Somebody with a device and a paper in hand."""

    identity_id: UUID
    user_id: str
    device: Device
    paper_code: str

    def activate(self, *, now: datetime, **instead: str) -> Activated | ActivationRefused | PasswordRefused:
        """Type everything, right but for ``instead``; a "wrong" code has the right number, so that it counts."""
        typed = {
            "user_id": self.user_id,
            "activation_code": self.paper_code,
            "device_code": self.device.code(now),
            "password": PASSWORD,
        }
        if instead.get("activation_code") == "wrong":
            instead["activation_code"] = f"{self.paper_code[:6]}33333333"
        return activate(**(typed | instead), now=now)


@pytest.fixture
def handed(db: None, now: datetime) -> Handed:
    """A citizen on the way home from Citizen Service."""
    identity_id, user_id, *_ = an_issued_identity(now=now)
    device = a_device()
    with transaction.atomic():
        out = hand_out_code_device(
            serial=device.serial, identity_id=identity_id, proven_level=AssuranceLevel.HIGH, actor=an_officer(), now=now
        )
    assert isinstance(out, HandedOut)
    return Handed(identity_id, user_id, device, out.activation_code)


def test_all_four_together_activate(handed: Handed, now: datetime) -> None:
    assert handed.activate(now=now) == Activated(identity_id=handed.identity_id)
    assert [device.state for device in devices_of(handed.identity_id)] == [DeviceState.ACTIVE]
    kinds = [event.kind for event in events_about(subject_id=handed.identity_id, limit=2)]
    assert kinds == [EventKind.AUTHENTICATOR_ACTIVATED] * 2
    told = deliveries_of(reference=handed.identity_id, limit=20)
    assert sum(line.kind is MessageKind.AUTHENTICATOR_ACTIVATED for line in told) == 2


def test_a_code_as_people_type_it_will_do(handed: Handed, now: datetime) -> None:
    typed = f"{handed.paper_code[:6].lower()} {handed.paper_code[6:]}"
    assert handed.activate(now=now, activation_code=typed, user_id=handed.user_id.upper()) == Activated(
        identity_id=handed.identity_id
    )


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        ({"user_id": "ingen har dette"}, ActivationRefusal.NO_CODE),
        ({"device_code": "000000"}, ActivationRefusal.WRONG_DEVICE_CODE),
        ({"activation_code": "wrong"}, ActivationRefusal.WRONG_CODE),
    ],
)
def test_anything_wrong_activates_nothing(handed: Handed, now: datetime, instead, reason: ActivationRefusal) -> None:
    assert handed.activate(now=now, **instead) == ActivationRefused(reason=reason)
    assert devices_of(handed.identity_id) == []


def test_the_paper_runs_out_after_48_hours(handed: Handed, now: datetime) -> None:
    late = handed.activate(now=now + timedelta(hours=48))
    assert late == ActivationRefused(reason=ActivationRefusal.EXPIRED)


def test_three_wrong_paper_codes_kill_it(handed: Handed, now: datetime) -> None:
    for minute in range(3):
        handed.activate(now=now + timedelta(minutes=minute), activation_code="wrong")
    again = handed.activate(now=now + timedelta(minutes=5))
    assert again == ActivationRefused(reason=ActivationRefusal.NO_CODE)


def test_a_stranger_without_the_device_kills_nothing(handed: Handed, now: datetime) -> None:
    for _ in range(10):
        handed.activate(now=now, activation_code="wrong", device_code="000000")
    assert isinstance(handed.activate(now=now), Activated)


def test_a_code_is_used_once(handed: Handed, now: datetime) -> None:
    handed.activate(now=now)
    again = handed.activate(now=now + timedelta(minutes=1))
    assert again == ActivationRefused(reason=ActivationRefusal.NO_CODE)


def test_a_password_is_judged_alike_for_known_and_unknown_user_ids(handed: Handed, now: datetime) -> None:
    refused = PasswordRefused(reason=PasswordRefusal.CONTAINS_USER_ID)
    assert handed.activate(now=now, password=f"1 {handed.user_id} 2") == refused
    assert handed.activate(now=now, user_id="ingen har", password="1 ingen har 2") == refused
