"""The first login's act: a change is asked for."""

from datetime import datetime
from typing import assert_never
from urllib.parse import urljoin

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from audit.api import Actor
from authentication.api import Login, locked_identity_of
from identities.api import (
    ChangeField,
    ChangeNotTaken,
    ChangeWaits,
    ContactCodeRefused,
    create_change,
    take_contact_code,
)
from selfservice.usecases.outcomes import LoginEnded, NewContact, NewUserId, NewValue


@transaction.atomic(durable=True)
def request_change(
    *, login: Login, field: ChangeField, wanted: NewContact | NewUserId | NewValue, now: datetime
) -> ChangeWaits | ChangeNotTaken | ContactCodeRefused | LoginEnded:
    """Store a change that waits for a second login, and alert every channel that stands.

    A new contact is proven here, by the code that was sent to it: proof and request stand or fall together.

    Rule:    CHG-1, CHG-2, CHG-3, CHG-7.
    Returns: a refusal is committed: its audit event and the count of wrong codes must survive.
    Raises:  ContactProof.DoesNotExist when the proof is not this identity's.
    Locks:   the identity's row, then the proof's.
    Writes:  PendingChange, ContactProof, AuditEvent, Delivery.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return LoginEnded()
    actor = Actor.citizen(identity.id)
    proof_id = None
    if isinstance(wanted, NewContact):
        proof_id = wanted.proof_id
        refused = take_contact_code(proof_id=proof_id, owner_id=identity.id, typed=wanted.code, actor=actor, now=now)
        if isinstance(refused, ContactCodeRefused):
            return refused
    return create_change(
        identity_id=identity.id,
        field=field,
        new_value=_value_of(wanted),
        proof_id=proof_id,
        login_id=login.id,
        login_level=login.level,
        wait=settings.CHANGE_WAIT_FOR,
        lasts=settings.CHANGE_WINDOW_FOR,
        stop_address=_stop_address,
        actor=actor,
        now=now,
    )


def _value_of(wanted: NewContact | NewUserId | NewValue) -> str | None:
    match wanted:
        case NewContact():
            return None
        case NewUserId(user_id=user_id):
            return user_id
        case NewValue(value=value):
            return value
        case _:
            assert_never(wanted)


def _stop_address(token: str) -> str:
    address: str = settings.PUBLIC_ADDRESS
    return urljoin(address, reverse("selfservice:stop", kwargs={"token": token}))
