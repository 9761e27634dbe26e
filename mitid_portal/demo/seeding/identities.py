"""The demo's ready-made identities: contacts proven by codes, user ID, code display and password of their own."""

import re
import time
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.core.management import call_command
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import Actor
from identities.api import (
    Activated,
    AssuranceLevel,
    CodeSent,
    ContactKind,
    ContactProven,
    DeviceState,
    HandedOut,
    Issued,
    Person,
    activate_code_device,
    device_state,
    devices_of,
    hand_out_code_device,
    identity_by_cpr_number,
    issue_identity,
    register_code_device,
    send_contact_code,
    take_contact_code,
)
from mitid_portal import clock
from mitid_portal.demo.devices import display_of, kind_of, seed_of
from mitid_portal.demo.people import Part
from notifications.api import Language, local_messages
from registration.api import RegisterPerson

SYSTEM: Final = Actor.system()
CODE_LASTS_FOR: Final = timedelta(minutes=15)
WAIT_SECONDS: Final = 30.0
BEFORE_NOW: Final = timedelta(minutes=5)
_CODE: Final = re.compile(r"\b(\d{6})\b")


class SeedFailed(Exception):  # noqa: N818 - the end of a command, told in words
    """The demo cannot be brought about, and why."""


def _a_while_ago() -> datetime:
    """Give the time at which all this happened: so long ago that the codes that the devices show now are unused."""
    return clock.now() - BEFORE_NOW


def ensure_identity(part: Part, person: RegisterPerson) -> UUID:
    """See that a person of the cast has an identity, an active code device and a password.

    Raises: SeedFailed.
    """
    existing = identity_by_cpr_number(person.cpr_number)
    identity_id = existing.id if existing else _issue(part, person)
    if not any(device.state is DeviceState.ACTIVE for device in devices_of(identity_id)):
        _activate(part, identity_id)
    return identity_id


def ensure_registered(serial: str) -> bool:
    """See that a code device is known to the system; True when it is new."""
    if device_state(serial) is not None:
        return False
    with transaction.atomic():
        register_code_device(serial=serial, seed=seed_of(serial), kind=kind_of(serial))
    return True


def _issue(part: Part, person: RegisterPerson) -> UUID:
    case_id = uuid7()
    proofs = {
        ContactKind.PHONE: _prove(case_id, ContactKind.PHONE, part.phone),
        ContactKind.EMAIL: _prove(case_id, ContactKind.EMAIL, part.email),
    }
    with transaction.atomic():
        outcome = issue_identity(
            owner_id=case_id,
            person=Person(
                name=person.name,
                cpr_number=person.cpr_number,
                born_on=person.born_on,
                address=None if person.is_address_protected else person.address,
                is_name_protected=person.is_name_protected,
            ),
            user_id=part.user_id,
            level=AssuranceLevel.HIGH,
            language=Language.DA,
            proofs=proofs,
            actor=SYSTEM,
            now=_a_while_ago(),
        )
    if not isinstance(outcome, Issued):
        raise SeedFailed(f"The identity of {part.role.value} {part.number} was not issued: {outcome}")
    return outcome.identity_id


def _prove(case_id: UUID, kind: ContactKind, value: str) -> UUID:
    with transaction.atomic():
        sent = send_contact_code(
            owner_id=case_id,
            kind=kind,
            value=value,
            language=Language.DA,
            lasts_for=CODE_LASTS_FOR,
            actor=SYSTEM,
            now=_a_while_ago(),
        )
    if not isinstance(sent, CodeSent):
        raise SeedFailed(f"No code was sent to {value}: {sent}")
    code = _code_sent_to(value)
    with transaction.atomic():
        outcome = take_contact_code(
            proof_id=sent.proof_id, owner_id=case_id, typed=code, actor=SYSTEM, now=_a_while_ago()
        )
    if not isinstance(outcome, ContactProven):
        raise SeedFailed(f"The code that {value} received was refused: {outcome}")
    return sent.proof_id


def _code_sent_to(address: str) -> str:
    """Read the newest code on a phone or in a mailbox of the demo.

    The outbox is worked off from here, so that no worker has to run yet; when one does, it may have been quicker.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        call_command("deliver_due", verbosity=0, stdout=_Nowhere())
        newest = next((message for message in local_messages(limit=50) if message.to == address), None)
        found = _CODE.search(newest.text) if newest else None
        if found:
            return found.group(1)
        time.sleep(0.2)
    raise SeedFailed(f"No code arrived at {address} within {WAIT_SECONDS:.0f} seconds.")


def _activate(part: Part, identity_id: UUID) -> None:
    ensure_registered(part.serial)
    now = _a_while_ago()
    with transaction.atomic():
        handed = hand_out_code_device(
            serial=part.serial, identity_id=identity_id, proven_level=AssuranceLevel.HIGH, actor=SYSTEM, now=now
        )
        if not isinstance(handed, HandedOut):
            raise SeedFailed(f"{part.serial} was not handed out: {handed}")
        outcome = activate_code_device(
            user_id=part.user_id,
            activation_code=handed.activation_code,
            device_code=display_of(part.serial, now=now).code,
            password=part.password,
            actor=Actor.citizen(identity_id),
            now=now,
        )
    if not isinstance(outcome, Activated):
        raise SeedFailed(f"{part.serial} was not activated: {outcome}")


class _Nowhere:
    """Where the delivery command's own words go."""

    def write(self, _text: str) -> None:
        """Drop what is said."""
