"""What the steps of a change keep in the browser's session, and what its pages share."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from identities.api import ChangeField, pending_changes_of


def keep_proof(request: HttpRequest, field: ChangeField, proof_id: UUID) -> None:
    """Note which code this browser is waiting for; an id, never a number or an address."""
    request.session[_key(field)] = str(proof_id)


def kept_proof_id(request: HttpRequest, field: ChangeField) -> UUID | None:
    """Give the code that this browser is waiting for."""
    value = request.session.get(_key(field))
    return UUID(value) if value else None


def forget_proof(request: HttpRequest, field: ChangeField) -> None:
    """Drop a code that was used."""
    request.session.pop(_key(field), None)


def pending_link(identity_id: UUID, field: ChangeField, *, now: datetime) -> str:
    """Give the address of the field's change that waits; empty when none does (CHG-7)."""
    for change in pending_changes_of(identity_id, now=now):
        if change.field is field:
            return reverse("selfservice:change", kwargs={"change_id": change.id})
    return ""


def _key(field: ChangeField) -> str:
    return f"contact_proof_{field.value}"
