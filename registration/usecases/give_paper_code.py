"""A citizen takes a code home on paper: for the app, for a chip or for a new password."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from identities.api import (
    AuthenticatorKind,
    CodeCarrier,
    CodeGiven,
    CodeNotGiven,
    give_activation_code,
    identity_by_id,
)
from registration import events
from registration.models import PaperCode, ProofingCase
from registration.queries import ActingOfficer
from registration.rules.case import refusal_to_hand_out, was_proven_at
from registration.rules.officers import is_own_identity
from registration.states import CaseState, OfficerRole, PaperKind
from registration.steps import acting_as, locked_case
from registration.usecases.results import Sheet, StepRefused


@transaction.atomic(durable=True)
def give_paper_code(
    *, officer_id: UUID, case_id: UUID, kind: PaperKind, now: datetime
) -> Sheet | CodeNotGiven | StepRefused:
    """A citizen whose identity was proven has a code on paper that activates one authenticator of a kind.

    The code is in the result and nowhere else. Asked again, a new code replaces the first. What is activated with it
    may reach the identity's level only when the documents of this very case did.

    Rule:   REG-1, SEC-4, SEC-7, AUT-1, LVL-2, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the identity's.
    Writes: PaperCode, ActivationCode, AuditEvent, Delivery.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    refusal = refusal_to_hand_out(
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        now=now,
    )
    if refusal is not None:
        events.hand_out_refused(case=case, reason=refusal.value, actor=officer.actor, now=now)
        return StepRefused(refusal)
    outcome = _give(case, officer, kind=AuthenticatorKind(kind.value), now=now)
    if isinstance(outcome, CodeNotGiven):
        events.hand_out_refused(case=case, reason=outcome.reason.value, actor=officer.actor, now=now)
    else:
        PaperCode.objects.create(case=case, kind=kind, given_at=now)
    return outcome


def _give(
    case: ProofingCase, officer: ActingOfficer, *, kind: AuthenticatorKind, now: datetime
) -> Sheet | CodeNotGiven:
    identity = identity_by_id(case.identity_id) if case.identity_id else None
    if identity is None:
        raise ValueError("An approved case has an identity.")
    outcome = give_activation_code(
        identity_id=identity.id,
        kind=kind,
        carrier=CodeCarrier.PAPER,
        in_person=was_proven_at(level_reached=case.level_reached, identity_level=identity.level.value),
        actor=officer.actor,
        now=now,
    )
    match outcome:
        case CodeNotGiven():
            return outcome
        case CodeGiven(text=str(code), expires_at=expires_at):
            return Sheet(kind=kind, serial=None, activation_code=code, expires_at=expires_at)
        case CodeGiven():
            raise ValueError("A code on paper is shown.")
