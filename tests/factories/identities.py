"""People with identities, devices and passwords, made by the steps that the registration authority uses."""

import itertools
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django_otp.oath import TOTP
from uuid_utils.compat import uuid7

from audit.api import Actor, ActorKind
from identities.api import (
    Activated,
    AssuranceLevel,
    CodeSent,
    ContactKind,
    ContactProven,
    HandedOut,
    Issued,
    Person,
    activate_code_device,
    hand_out_code_device,
    issue_identity,
    register_code_device,
    send_contact_code,
    take_contact_code,
)
from notifications.api import Channel, Language, MessageKind
from notifications.models import Delivery
from notifications.sealing import Column, open_column

_numbers = itertools.count(1)

PASSWORD = "Blå-Hest-Galoperer-7"


@dataclass(frozen=True)
class Device:
    """A code display in somebody's hand: it knows its own seed, as the real thing does."""

    serial: str
    seed: bytes

    def code(self, at: datetime) -> str:
        """Give what the device shows at an instant (RFC 6238)."""
        totp = TOTP(self.seed)
        totp.time = at.timestamp()
        return f"{totp.token():06}"


@dataclass(frozen=True)
class Resident:
    """A citizen with an active identity, and all that they know and hold."""

    identity_id: UUID
    user_id: str
    password: str
    cpr_number: str
    name: str
    phone: str
    email: str
    device: Device


def an_officer() -> Actor:
    """Give an officer who acts for some office."""
    return Actor(kind=ActorKind.OFFICER, id=uuid7(), office_id=uuid7(), organisation_id=uuid7())


def a_person(*, name: str = "Åse Kjærgaard Østergård", cpr_number: str | None = None) -> Person:
    """Give a person of the civil register, with a CPR number of their own."""
    number = next(_numbers)
    return Person(
        name=name,
        cpr_number=cpr_number or f"010180{number:04}",
        born_on=date(1980, 1, 1),
        address="Skovvej 3, 8000 Aarhus C",
        is_name_protected=False,
    )


def a_device() -> Device:
    """Put a code display into the stock."""
    number = next(_numbers)
    device = Device(serial=f"KV-T-{number:06}", seed=number.to_bytes(20, "big"))
    with transaction.atomic():
        register_code_device(serial=device.serial, seed=device.seed)
    return device


def texts_sent(*, reference: UUID, channel: Channel | None = None, kind: MessageKind | None = None) -> list[str]:
    """Open the messages stored about a reference, the newest first."""
    rows = Delivery.objects.filter(reference=reference).order_by("-id")
    if channel:
        rows = rows.filter(channel=channel)
    if kind:
        rows = rows.filter(kind=kind)
    return [open_column(row.body_sealed, column=Column.BODY, delivery_id=row.id) for row in rows]


def code_sent_to(*, owner_id: UUID, kind: ContactKind) -> str:
    """Read the newest code that was sent to prove a contact of this kind."""
    channel = {ContactKind.PHONE: Channel.SMS, ContactKind.EMAIL: Channel.EMAIL}[kind]
    text = texts_sent(reference=owner_id, channel=channel, kind=MessageKind.CONTACT_CODE)[0]
    found = re.search(r"\b[0-9]{6}\b", text)
    assert found, text
    return found.group()


def proven_contact(*, owner_id: UUID, kind: ContactKind, value: str, now: datetime) -> UUID:
    """Prove a contact with the code that was sent to it."""
    with transaction.atomic():
        sent = send_contact_code(
            owner_id=owner_id,
            kind=kind,
            value=value,
            language=Language.DA,
            lasts_for=timedelta(minutes=15),
            actor=an_officer(),
            now=now,
        )
    assert isinstance(sent, CodeSent)
    code = code_sent_to(owner_id=owner_id, kind=kind)
    with transaction.atomic():
        taken = take_contact_code(proof_id=sent.proof_id, owner_id=owner_id, typed=code, actor=an_officer(), now=now)
    assert isinstance(taken, ContactProven)
    return sent.proof_id


def an_issued_identity(
    *,
    now: datetime,
    user_id: str | None = None,
    person: Person | None = None,
    language: Language = Language.DA,
    level: AssuranceLevel = AssuranceLevel.SUBSTANTIAL,
    phone: str | None = None,
    email: str | None = None,
) -> tuple[UUID, str, Person, str, str]:
    """Issue an identity without an authenticator: its id, user ID, person, phone and e-mail."""
    number = next(_numbers)
    person = person or a_person()
    user_id = user_id or f"skovtrold {number}"
    phone = phone or f"+45312{number:05}"
    email = email or f"borger.nr{number}@example.dk"
    case_id = uuid7()
    proofs = {
        ContactKind.PHONE: proven_contact(owner_id=case_id, kind=ContactKind.PHONE, value=phone, now=now),
        ContactKind.EMAIL: proven_contact(owner_id=case_id, kind=ContactKind.EMAIL, value=email, now=now),
    }
    with transaction.atomic():
        issued = issue_identity(
            owner_id=case_id,
            person=person,
            user_id=user_id,
            level=level,
            language=language,
            proofs=proofs,
            actor=an_officer(),
            now=now,
        )
    assert isinstance(issued, Issued), issued
    return issued.identity_id, user_id, person, phone, email


def a_resident(
    *,
    now: datetime,
    user_id: str | None = None,
    person: Person | None = None,
    language: Language = Language.DA,
    level: AssuranceLevel = AssuranceLevel.SUBSTANTIAL,
    phone: str | None = None,
    email: str | None = None,
) -> Resident:
    """Issue an identity and activate a code display with a password, an hour before ``now``.

    The device's code of ``now`` is still unused.
    """
    earlier = now - timedelta(hours=1)
    identity_id, user_id, person, phone, email = an_issued_identity(
        now=earlier, user_id=user_id, person=person, language=language, level=level, phone=phone, email=email
    )
    device = a_device()
    with transaction.atomic():
        handed = hand_out_code_device(
            serial=device.serial,
            identity_id=identity_id,
            proven_level=AssuranceLevel.HIGH,
            actor=an_officer(),
            now=earlier,
        )
    assert isinstance(handed, HandedOut)
    with transaction.atomic():
        activated = activate_code_device(
            user_id=user_id,
            activation_code=handed.activation_code,
            device_code=device.code(earlier),
            password=PASSWORD,
            actor=Actor.visitor(),
            now=earlier,
        )
    assert isinstance(activated, Activated), activated
    return Resident(
        identity_id=identity_id,
        user_id=user_id,
        password=PASSWORD,
        cpr_number=person.cpr_number or "",
        name=person.name,
        phone=phone,
        email=email,
        device=device,
    )
