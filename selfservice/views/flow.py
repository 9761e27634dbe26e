"""What the steps of a change keep in the browser's session, and what its pages share."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from identities.api import AuthenticatorKind, AuthenticatorView, ChangeField, authenticator_of, pending_changes_of

CHALLENGE: Final = "chip_challenge"
CHIP_ASKED_FOR: Final = timedelta(minutes=5)  # as long as the browser's own question stands (ADR 0096)


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


def own_authenticator(identity_id: UUID, named: Mapping[str, Any]) -> AuthenticatorView | None:
    """Find the citizen's own authenticator that an address names; somebody else's is as good as none."""
    kind = next((kind for kind in AuthenticatorKind if kind.value == named["kind"]), None)
    if kind is None:
        return None
    return authenticator_of(identity_id, kind=kind, authenticator_id=named["authenticator_id"])


def _key(field: ChangeField) -> str:
    return f"contact_proof_{field.value}"


def keep_challenge(request: HttpRequest, challenge: bytes, *, now: datetime) -> None:
    """Note what this browser's chip was asked to sign; the one before is worthless."""
    request.session[CHALLENGE] = {"challenge": challenge.hex(), "until": (now + CHIP_ASKED_FOR).isoformat()}


def spent_challenge(request: HttpRequest, *, now: datetime) -> bytes | None:
    """Give what this browser's chip was asked to sign within the last five minutes, once."""
    kept = request.session.pop(CHALLENGE, None)
    if kept is None or now >= datetime.fromisoformat(kept["until"]):
        return None
    return bytes.fromhex(kept["challenge"])
