"""A support agent finds the citizen who is on the phone."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import identity_by_cpr_number, identity_by_user_id
from registration import events
from registration.models import SupportCall
from registration.rules.officers import is_own_identity
from registration.states import FoundBy, LookReason, OfficerRole
from registration.steps import acting_as, tell_of_act


@dataclass(frozen=True)
class Found:
    """The citizen's identity may be looked at in this call."""

    call_id: UUID


@dataclass(frozen=True)
class NotFound:
    """There is nobody to show; an agent's own identity is nobody."""


@transaction.atomic(durable=True)
def find_citizen(
    *, officer_id: UUID, found_by: FoundBy, text: str, reason: LookReason, now: datetime
) -> Found | NotFound:
    """A call stands on the identity with a user ID or a CPR number of ten digits; the citizen is told of the look.

    Rule:   SUP-3, REG-10, ALR-2.
    Raises: MayNotAct.
    Writes: SupportCall, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.SUPPORT, officer_id=officer_id, now=now)
    identity = identity_by_user_id(text) if found_by is FoundBy.USER_ID else identity_by_cpr_number(text)
    identity_id = identity.id if identity else None
    if identity_id is None or is_own_identity(officer_identity_id=officer.identity_id, identity_id=identity_id):
        events.citizen_not_found(
            identity_id=identity_id, found_by=found_by, reason=reason, actor=officer.actor, now=now
        )
        return NotFound()
    call = SupportCall.objects.create(
        officer_id=officer.id, identity_id=identity_id, reason=reason, found_by=found_by, opened_at=now
    )
    events.citizen_found(call=call, actor=officer.actor, now=now)
    tell_of_act(identity_id=identity_id, act="looked_up", officer=officer, now=now)
    return Found(call.id)
