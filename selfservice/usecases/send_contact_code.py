"""The first step of a change of phone or e-mail: a code goes to the new contact."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from audit.api import Actor
from authentication.api import Login, locked_identity_of
from identities import api as identities
from identities.api import ChangeField, ChangeNotTaken, CodeSent, ContactKind, RequestRefusal, TooManyCodes
from selfservice import events
from selfservice.usecases.outcomes import LoginEnded

FIELD_OF = {ContactKind.PHONE: ChangeField.PHONE, ContactKind.EMAIL: ChangeField.EMAIL}


@transaction.atomic(durable=True)
def send_contact_code(
    *, login: Login, kind: ContactKind, value: str, now: datetime
) -> CodeSent | TooManyCodes | ChangeNotTaken | LoginEnded:
    """Send a code to the contact that the citizen wants to change to.

    ``value`` is normal (``notifications.api.normal_phone``, ``normal_email``). What would be refused after the code
    was typed is refused before it is sent.

    Rule:   CHG-1, CHG-7.
    Locks:  the identity's row.
    Writes: ContactProof, AuditEvent, Delivery.
    """
    identity = locked_identity_of(login)
    if identity is None:
        return LoginEnded()
    refusal = _refusal(login, kind, value, now)
    if refusal is not None:
        events.change_request_refused(identity_id=identity.id, field=FIELD_OF[kind], reason=refusal.value, now=now)
        return ChangeNotTaken(refusal)
    return identities.send_contact_code(
        owner_id=identity.id,
        kind=kind,
        value=value,
        language=identity.language,
        lasts_for=settings.CONTACT_CODE_LASTS_FOR,
        actor=Actor.citizen(identity.id),
        now=now,
    )


def _refusal(login: Login, kind: ContactKind, value: str, now: datetime) -> RequestRefusal | None:
    waiting = identities.pending_changes_of(login.identity_id, now=now)
    if any(change.field is FIELD_OF[kind] for change in waiting):
        return RequestRefusal.ALREADY_PENDING
    if identities.contacts_of(login.identity_id).get(kind) == value:
        return RequestRefusal.UNCHANGED
    return None
