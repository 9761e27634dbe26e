"""What this app writes into the log, one function per event.

The subject of an event in a case is the identity it is about, or the case itself while there is none.
"""

from datetime import datetime
from uuid import UUID

from audit.api import Actor, ActorKind, EventKind, Fact, record
from registration.models import ProofingCase, SupportCall
from registration.rules.log import LogFilters, facts_of_search
from registration.states import (
    CasePurpose,
    EvidenceKind,
    FoundBy,
    LogRefusal,
    LookReason,
    OfficerRole,
    QuestionTopic,
    RefusalReason,
    StockKind,
    Verdict,
)

SYSTEM = Actor(kind=ActorKind.SYSTEM)


def organisation_created(*, organisation_id: UUID, now: datetime) -> None:
    """An organisation may run offices."""
    record(kind=EventKind.ORGANISATION_CREATED, actor=SYSTEM, subject_id=organisation_id, at=now, facts={})


def office_created(*, office_id: UUID, organisation_id: UUID, now: datetime) -> None:
    """An organisation has an office more."""
    facts: dict[str, Fact] = {"organisation": organisation_id}
    record(kind=EventKind.OFFICE_CREATED, actor=SYSTEM, subject_id=office_id, at=now, facts=facts)


def officer_appointed(
    *, officer_id: UUID, identity_id: UUID, office_id: UUID, role: OfficerRole, now: datetime
) -> None:
    """A citizen has a right in an office (REG-11)."""
    facts: dict[str, Fact] = {"officer": officer_id, "office": office_id, "role": role.value}
    record(kind=EventKind.OFFICER_APPOINTED, actor=SYSTEM, subject_id=identity_id, at=now, facts=facts)


def device_stocked(*, office_id: UUID, serial: str, kind: StockKind, now: datetime) -> None:
    """A device lies in an office's stock."""
    facts: dict[str, Fact] = {"serial": serial, "device": kind.value}
    record(kind=EventKind.DEVICE_STOCKED, actor=SYSTEM, subject_id=office_id, at=now, facts=facts)


def case_opened(*, case: ProofingCase, actor: Actor, now: datetime) -> None:
    """Somebody stands at the desk and wants their identity proven."""
    _of_case(EventKind.CASE_OPENED, case, actor, now, purpose=CasePurpose(case.purpose).value)


def case_looked_up(*, case: ProofingCase, actor: Actor, now: datetime) -> None:
    """The civil register was asked for a person, and they may be served (REG-2)."""
    _of_case(EventKind.CASE_LOOKED_UP, case, actor, now)


def case_register_refused(
    *, case: ProofingCase, identity_id: UUID | None, reason: str, actor: Actor, now: datetime
) -> None:
    """A person was looked up who cannot be served (REG-2, REG-10)."""
    record(
        kind=EventKind.CASE_REGISTER_REFUSED,
        actor=actor,
        subject_id=identity_id or case.id,
        at=now,
        facts={"case": case.id, "reason": reason},
    )


def evidence_recorded(*, case: ProofingCase, kind: EvidenceKind, level: str, actor: Actor, now: datetime) -> None:
    """A document was seen and found good (REG-8)."""
    _of_case(EventKind.EVIDENCE_RECORDED, case, actor, now, evidence=kind.value, level=level)


def evidence_refused(*, case: ProofingCase, reason: str, actor: Actor, now: datetime) -> None:
    """A document was seen and does not count (REG-4)."""
    _of_case(EventKind.EVIDENCE_REFUSED, case, actor, now, reason=reason)


def question_asked(*, owner: ProofingCase | SupportCall, topic: QuestionTopic, actor: Actor, now: datetime) -> None:
    """A control question was asked (REG-6, SUP-1)."""
    _of(EventKind.QUESTION_ASKED, owner, actor, now, topic=topic.value)


def question_answered(
    *, owner: ProofingCase | SupportCall, topic: str, was_right: bool, verdict: Verdict, actor: Actor, now: datetime
) -> None:
    """A control question was answered (REG-6, SUP-1)."""
    _of(EventKind.QUESTION_ANSWERED, owner, actor, now, topic=topic, was_right=was_right, verdict=verdict.value)


def case_approved(*, case: ProofingCase, actor: Actor, now: datetime) -> None:
    """A proven identity was issued or reopened."""
    _of_case(EventKind.CASE_APPROVED, case, actor, now, purpose=case.purpose, level=case.level_reached)


def case_awaits_second(*, case: ProofingCase, actor: Actor, now: datetime) -> None:
    """A clerk approved what needs a second one (REG-10)."""
    _of_case(EventKind.CASE_AWAITS_SECOND, case, actor, now)


def case_second_approved(*, case: ProofingCase, actor: Actor, now: datetime) -> None:
    """A second officer approved (REG-10)."""
    _of_case(EventKind.CASE_SECOND_APPROVED, case, actor, now)


def approval_refused(*, case: ProofingCase, reason: str, actor: Actor, now: datetime) -> None:
    """A case was not approved, though an officer asked for it."""
    _of_case(EventKind.APPROVAL_REFUSED, case, actor, now, reason=reason)


def hand_out_refused(*, case: ProofingCase, reason: str, actor: Actor, now: datetime) -> None:
    """A device stays where it is, or no code is given."""
    _of_case(EventKind.HAND_OUT_REFUSED, case, actor, now, reason=reason)


def desk_act_refused(*, case: ProofingCase, act: str, reason: str, actor: Actor, now: datetime) -> None:
    """A clerk wanted to block, reopen or set right what they may not now, or what is not there."""
    _of_case(EventKind.DESK_ACT_REFUSED, case, actor, now, act=act, reason=reason)


def case_refused(*, case: ProofingCase, reason: RefusalReason, actor: Actor, now: datetime) -> None:
    """A case ended with a refusal, which is a decision (REG-12)."""
    _of_case(EventKind.CASE_REFUSED, case, actor, now, reason=reason.value)


def case_cancelled(*, case: ProofingCase, actor: Actor, now: datetime) -> None:
    """A case ended because the citizen left or it was opened by mistake."""
    _of_case(EventKind.CASE_CANCELLED, case, actor, now)


def citizen_found(*, call: SupportCall, actor: Actor, now: datetime) -> None:
    """A support agent looks at an identity, and why (SUP-3)."""
    _of(EventKind.CITIZEN_FOUND, call, actor, now, reason=call.reason, found_by=call.found_by)


def citizen_not_found(
    *, identity_id: UUID | None, found_by: FoundBy, reason: LookReason, actor: Actor, now: datetime
) -> None:
    """A support agent searched for somebody and was shown nobody; their own identity, when ``identity_id`` is given."""
    record(
        kind=EventKind.CITIZEN_NOT_FOUND,
        actor=actor,
        subject_id=identity_id,
        at=now,
        facts={"reason": reason.value, "found_by": found_by.value},
    )


def support_identified(*, call: SupportCall, actor: Actor, now: datetime) -> None:
    """A caller proved who they are (SUP-1)."""
    _of(EventKind.SUPPORT_IDENTIFIED, call, actor, now)


def support_identification_failed(*, call: SupportCall, reason: str, actor: Actor, now: datetime) -> None:
    """A caller did not prove who they are (SUP-1)."""
    _of(EventKind.SUPPORT_IDENTIFICATION_FAILED, call, actor, now, reason=reason)


def support_refused(*, call: SupportCall, act: str, reason: str, actor: Actor, now: datetime) -> None:
    """Support wanted to do what it may not do now (SUP-1)."""
    _of(EventKind.SUPPORT_REFUSED, call, actor, now, act=act, reason=reason)


def user_id_told(*, call: SupportCall, actor: Actor, now: datetime) -> None:
    """A caller was told their user ID (SUP-2)."""
    _of(EventKind.USER_ID_TOLD, call, actor, now)


def log_searched(*, filters: LogFilters, is_older_page: bool, actor: Actor, now: datetime) -> None:
    """An auditor searched the log. The subject is whom they asked for, whether or not there is such an identity."""
    facts = facts_of_search(filters, is_older_page=is_older_page)
    record(kind=EventKind.LOG_SEARCHED, actor=actor, subject_id=filters.subject_id, at=now, facts=facts)


def log_search_refused(*, filters: LogFilters, reason: LogRefusal, actor: Actor, now: datetime) -> None:
    """An auditor asked for what they did themselves, or for their own identity (REG-10)."""
    facts = facts_of_search(filters, is_older_page=False) | {"reason": reason.value}
    record(kind=EventKind.LOG_SEARCH_REFUSED, actor=actor, subject_id=filters.subject_id, at=now, facts=facts)


def log_event_viewed(*, event_id: int, subject_id: UUID | None, actor: Actor, now: datetime) -> None:
    """An auditor looked at one event."""
    record(kind=EventKind.LOG_EVENT_VIEWED, actor=actor, subject_id=subject_id, at=now, facts={"event": event_id})


def log_seals_viewed(*, before: int | None, actor: Actor, now: datetime) -> None:
    """An auditor looked at the seals, from the newest or below the number ``before``."""
    facts: dict[str, Fact] = {"before": before}
    record(kind=EventKind.LOG_SEALS_VIEWED, actor=actor, subject_id=None, at=now, facts=facts)


def _of(kind: EventKind, owner: ProofingCase | SupportCall, actor: Actor, now: datetime, **facts: Fact) -> None:
    if isinstance(owner, ProofingCase):
        _of_case(kind, owner, actor, now, **facts)
    else:
        record(kind=kind, actor=actor, subject_id=owner.identity_id, at=now, facts={"call": owner.id, **facts})


def _of_case(kind: EventKind, case: ProofingCase, actor: Actor, now: datetime, **facts: Fact) -> None:
    record(kind=kind, actor=actor, subject_id=case.identity_id or case.id, at=now, facts={"case": case.id, **facts})
