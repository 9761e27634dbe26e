"""Writes and locks that several use cases of this app share. Each asserts that it is inside a transaction."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction

from audit.api import Actor
from hsm.api import seal
from identities.api import AssuranceLevel, AuthenticatorKind, alert_identity, register_code_device, was_reopened_since
from notifications.api import Address, OfficerActed
from registration import events, sealing
from registration.models import ControlQuestion, ProofingCase, StockItem, SupportCall
from registration.queries import ActingOfficer, officer_by_id
from registration.registers.base import RegisterPerson
from registration.rules.case import StepRefusal, may_become, proven_at, refusal_to_hand_out
from registration.rules.officers import is_own_identity
from registration.rules.questions import verdict_of
from registration.states import CasePurpose, CaseState, OfficerRole, QuestionTopic, StockKind, Verdict

_chance = secrets.SystemRandom()


class MayNotAct(PermissionDenied):
    """An officer has no right, or not any more: the page that let them come here is at fault."""


def acting_as(role: OfficerRole, *, officer_id: UUID, now: datetime) -> ActingOfficer:
    """Give the officer who acts, with their right held against today.

    Rule:   REG-11.
    Raises: MayNotAct.
    """
    officer = officer_by_id(officer_id, role=role, now=now)
    if officer is None:
        raise MayNotAct("This officer has no right to act in this role.")
    return officer


def locked_case(case_id: UUID, *, officer: ActingOfficer) -> ProofingCase:
    """Give a case of the officer's own office.

    Raises: ProofingCase.DoesNotExist when it is not.
    Locks:  the case's row.
    """
    _assert_in_transaction()
    return ProofingCase.objects.select_for_update().get(pk=case_id, office_id=officer.office_id)


def locked_call(call_id: UUID, *, officer: ActingOfficer) -> SupportCall:
    """Give a support agent's own call.

    Raises: SupportCall.DoesNotExist when it is another's.
    Locks:  the call's row.
    """
    _assert_in_transaction()
    return SupportCall.objects.select_for_update().get(pk=call_id, officer_id=officer.id)


def lock_identity(identity_id: UUID) -> None:
    """Nobody blocks or reopens this identity before the transaction ends.

    Locks: the identity's row, through Django's user model, which is the same one.
    """
    _assert_in_transaction()
    get_user_model().objects.select_for_update().get(pk=identity_id)


@dataclass(frozen=True, kw_only=True)
class HandOut:
    """A clerk, and a locked case in which they may hand something out to an identity."""

    officer: ActingOfficer
    case: ProofingCase
    identity_id: UUID
    proven_level: AssuranceLevel


def hand_out_in(*, officer_id: UUID, case_id: UUID, now: datetime) -> HandOut | StepRefusal:
    """Give the clerk and the case in which a device or a code on paper may be handed out, or say why it may not.

    Rule:   REG-1, REG-10, REG-11, BLK-2, LVL-2: what is handed out rests on what this case's documents have proven.
    Raises: MayNotAct; ProofingCase.DoesNotExist; ValueError for an approved case of nobody.
    Locks:  the case's row, then the identity's: nobody blocks and reopens it meanwhile.
    Writes: AuditEvent when it is refused.
    """
    officer = acting_as(OfficerRole.CLERK, officer_id=officer_id, now=now)
    case = locked_case(case_id, officer=officer)
    if case.identity_id is not None:
        lock_identity(case.identity_id)
    refusal = refusal_to_hand_out(
        state=CaseState(case.state),
        looked_up_at=case.looked_up_at,
        is_own=is_own_identity(officer_identity_id=officer.identity_id, identity_id=case.identity_id),
        was_blocked_since=was_blocked_since(case),
        now=now,
    )
    if refusal is not None:
        events.hand_out_refused(case=case, reason=refusal.value, actor=officer.actor, now=now)
        return refusal
    if case.identity_id is None:
        raise ValueError("An approved case has an identity.")
    proven_level = AssuranceLevel(case.level_reached or AssuranceLevel.LOW)
    return HandOut(officer=officer, case=case, identity_id=case.identity_id, proven_level=proven_level)


def was_blocked_since(case: ProofingCase) -> bool:
    """Tell whether the identity of a case was blocked after what was proven in it, and reopened elsewhere (BLK-2)."""
    since = proven_at(purpose=CasePurpose(case.purpose), looked_up_at=case.looked_up_at, decided_at=case.decided_at)
    if case.identity_id is None or since is None:
        return False
    return was_reopened_since(case.identity_id, since=since)


def move(case: ProofingCase, state: CaseState) -> None:
    """Set a locked case's state; the caller saves. Raises: ValueError for a step that no case takes."""
    if not may_become(CaseState(case.state), state):
        message = f"A case goes not from {case.state} to {state}."
        raise ValueError(message)
    case.state = state


def ask(
    owner: ProofingCase | SupportCall, *, person: RegisterPerson, count: int, actor: Actor, now: datetime
) -> list[QuestionTopic]:
    """Ask up to ``count`` further control questions, on topics drawn by chance out of those not yet asked.

    Rule:   REG-3, REG-6, SUP-1.
    Writes: ControlQuestion, AuditEvent.
    """
    _assert_in_transaction()
    asked = list(owner.questions.values_list("topic", flat=True))
    left = sorted(topic for topic in person.facts if topic.value not in asked)
    topics = _chance.sample(left, min(count, len(left)))
    is_case = isinstance(owner, ProofingCase)
    for place, topic in enumerate(topics, start=len(asked) + 1):
        question = ControlQuestion(
            case_id=owner.id if is_case else None,
            call_id=None if is_case else owner.id,
            place=place,
            topic=topic,
            asked_at=now,
        )
        question.expected_sealed = seal(person.facts[topic], purpose=sealing.EXPECTED_ANSWER, bound_to=question.id)
        question.save(force_insert=True)
        events.question_asked(owner=owner, topic=topic, actor=actor, now=now)
    return topics


def take_answer(
    owner: ProofingCase | SupportCall, *, question_id: UUID, was_right: bool, actor: Actor, now: datetime
) -> Verdict | None:
    """Note whether an answer was right, and tell how the round stands; None when it was answered before.

    Raises: ControlQuestion.DoesNotExist when the question is another case's or call's.
    Writes: ControlQuestion, AuditEvent.
    """
    _assert_in_transaction()
    question = owner.questions.select_for_update().get(pk=question_id)
    if question.was_right is not None:
        return None
    question.was_right, question.answered_at = was_right, now
    question.save(update_fields=["was_right", "answered_at"])
    verdict = verdict_of(answers_of(owner))
    events.question_answered(
        owner=owner, topic=question.topic, was_right=was_right, verdict=verdict, actor=actor, now=now
    )
    return verdict


def answers_of(owner: ProofingCase | SupportCall) -> Sequence[bool | None]:
    """List the answers of a round, in the order asked."""
    return list(owner.questions.order_by("place").values_list("was_right", flat=True))


def stock_device(*, office_id: UUID, serial: str, seed: bytes, kind: StockKind, now: datetime) -> UUID:
    """Put one code device into an office's stock, its seed wrapped by the HSM; it belongs to nobody yet.

    Rule:    REG-11, AUT-2, KEY-1.
    Returns: the stock item's id.
    Writes:  CodeDevice, StockItem, AuditEvent.
    """
    _assert_in_transaction()
    register_code_device(serial=serial, seed=seed, kind=AuthenticatorKind(kind.value))
    item = StockItem.objects.create(office_id=office_id, serial=serial, kind=kind, stocked_at=now)
    events.device_stocked(office_id=office_id, serial=serial, kind=kind, now=now)
    return item.id


def tell_of_act(
    *, identity_id: UUID, act: str, officer: ActingOfficer, now: datetime, also: list[Address] | None = None
) -> None:
    """Tell a citizen what an officer did with their identity, at ``also`` too (ALR-2, SUP-3, CHG-5).

    Writes: Delivery.
    """
    _assert_in_transaction()
    message = OfficerActed(act=act, organisation=officer.organisation_name, at=now)
    alert_identity(identity_id=identity_id, message=message, now=now, also=also)


def _assert_in_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("This step belongs into a use case's transaction.")
