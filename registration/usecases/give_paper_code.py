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
)
from registration import events
from registration.models import PaperCode
from registration.rules.case import StepRefusal
from registration.states import PaperKind
from registration.steps import HandOut, hand_out_in
from registration.usecases.results import Sheet, StepRefused


@transaction.atomic(durable=True)
def give_paper_code(
    *, officer_id: UUID, case_id: UUID, kind: PaperKind, now: datetime
) -> Sheet | CodeNotGiven | StepRefused:
    """A citizen whose identity was proven has a code on paper that activates one authenticator of a kind.

    The code is in the result and nowhere else. Asked again, a new code replaces the first. What is activated with it
    reaches no more than the identity, nor than the documents of this very case have proven.

    Rule:   REG-1, SEC-4, SEC-7, AUT-1, LVL-2, ALR-2.
    Raises: MayNotAct; ProofingCase.DoesNotExist.
    Locks:  the case's row, then the identity's.
    Writes: PaperCode, ActivationCode, AuditEvent, Delivery.
    """
    hand = hand_out_in(officer_id=officer_id, case_id=case_id, now=now)
    if isinstance(hand, StepRefusal):
        return StepRefused(hand)
    outcome = _give(hand, kind=AuthenticatorKind(kind.value), now=now)
    if isinstance(outcome, CodeNotGiven):
        events.hand_out_refused(case=hand.case, reason=outcome.reason.value, actor=hand.officer.actor, now=now)
    else:
        PaperCode.objects.create(case=hand.case, kind=kind, given_at=now)
    return outcome


def _give(hand: HandOut, *, kind: AuthenticatorKind, now: datetime) -> Sheet | CodeNotGiven:
    outcome = give_activation_code(
        identity_id=hand.identity_id,
        kind=kind,
        carrier=CodeCarrier.PAPER,
        proven_level=hand.proven_level,
        actor=hand.officer.actor,
        now=now,
    )
    match outcome:
        case CodeNotGiven():
            return outcome
        case CodeGiven(text=str(code), expires_at=expires_at):
            return Sheet(kind=kind, serial=None, activation_code=code, expires_at=expires_at)
        case CodeGiven():
            raise ValueError("A code on paper is shown.")
