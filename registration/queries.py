"""Reads: who may act, and what stands in cases, calls and stock. An officer's office bounds every one of them."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from audit.api import Actor, ActorKind
from hsm.api import open_sealed
from identities.api import (
    BlockView,
    ChangeField,
    ContactKind,
    DeviceView,
    IdentityState,
    contact_code_sent_to,
    devices_of,
    identity_by_id,
    pending_changes_of,
    person_of,
    standing_blocks_of,
)
from registration import sealing
from registration.models import (
    CaseContact,
    ControlQuestion,
    Evidence,
    Officer,
    ProofingCase,
    RefusalDecision,
    StockItem,
    SupportCall,
)
from registration.registers.base import RegisterPerson, person_from_json
from registration.rules.calendar import danish_date
from registration.rules.officers import refusal_to_act
from registration.rules.questions import verdict_of
from registration.rules.support import SupportAct, refusal_to_act_in_call
from registration.states import (
    LIVE_CASE_STATES,
    CasePurpose,
    CaseState,
    EvidenceKind,
    LookReason,
    OfficerRole,
    QuestionTopic,
    RefusalReason,
    StockState,
    Verdict,
)


@dataclass(frozen=True, kw_only=True)
class ActingOfficer:
    """An officer who may act now, and for whom."""

    id: UUID
    identity_id: UUID
    role: OfficerRole
    office_id: UUID
    office_name: str
    organisation_id: UUID
    organisation_name: str
    complaints_to: str

    @property
    def actor(self) -> Actor:
        """The officer as the log has them (REG-10): the right that acts, its office and organisation."""
        return Actor(kind=ActorKind.OFFICER, id=self.id, office_id=self.office_id, organisation_id=self.organisation_id)


@dataclass(frozen=True, kw_only=True)
class CaseLine:
    """A line of an office's queue."""

    id: UUID
    purpose: CasePurpose
    state: CaseState
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class ContactView:
    """A first contact in a case, its value opened for the clerk who typed it."""

    kind: ContactKind
    proof_id: UUID
    value: str
    is_proven: bool


@dataclass(frozen=True, kw_only=True)
class EvidenceView:
    """A document on record."""

    kind: EvidenceKind
    issuer: str
    expires_on: date
    checks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class QuestionView:
    """A control question, the expected answer opened for the officer who asks."""

    id: UUID
    place: int
    topic: QuestionTopic
    expected: str
    was_right: bool | None


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """A case as its office sees it."""

    id: UUID
    purpose: CasePurpose
    state: CaseState
    language: str
    officer_id: UUID
    officer_identity_id: UUID
    identity_id: UUID | None
    user_id: str | None
    person: RegisterPerson | None
    evidence: tuple[EvidenceView, ...]
    verdict: Verdict
    is_asked: bool
    contacts: dict[ContactKind, ContactView]
    devices: tuple[str, ...]
    opened_at: datetime
    decided_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Whether something can still be done in it."""
        return self.state in LIVE_CASE_STATES


@dataclass(frozen=True, kw_only=True)
class RefusalView:
    """A refusal as the citizen is told (REG-12)."""

    reason: RefusalReason
    complaints_to: str
    decided_at: datetime


@dataclass(frozen=True, kw_only=True)
class ChangeLine:
    """A change that waits, without the new value: a contact is not support's to see (SUP-2)."""

    id: UUID
    field: ChangeField
    opens_at: datetime


@dataclass(frozen=True, kw_only=True)
class CallView:
    """A caller's identity as support sees it. ``devices`` and ``changes`` are empty until the caller is identified."""

    id: UUID
    reason: LookReason
    name: str
    is_name_protected: bool
    cpr_number: str | None
    state: IdentityState
    blocks: list[BlockView]
    devices: list[DeviceView]
    changes: list[ChangeLine]
    verdict: Verdict
    is_asked: bool
    is_identified: bool
    is_over: bool


def rights_of(identity_id: UUID, *, now: datetime) -> list[ActingOfficer]:
    """List the rights that a person has today, in whichever offices (REG-11)."""
    rows = Officer.objects.filter(identity_id=identity_id, ended_at__isnull=True).select_related("office__organisation")
    return [acting(row) for row in rows.order_by("role") if _may_act(row, OfficerRole(row.role), now=now)]


def officer_by_id(officer_id: UUID, *, role: OfficerRole, now: datetime) -> ActingOfficer | None:
    """Find an officer who may act in a role today; None when they may not (REG-11)."""
    row = Officer.objects.filter(pk=officer_id).select_related("office__organisation").first()
    return acting(row) if row and _may_act(row, role, now=now) else None


def acting(row: Officer) -> ActingOfficer:
    """Give an officer's row as a value."""
    organisation = row.office.organisation
    return ActingOfficer(
        id=row.id,
        identity_id=row.identity_id,
        role=OfficerRole(row.role),
        office_id=row.office_id,
        office_name=row.office.name,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        complaints_to=organisation.complaints_to,
    )


def name_of_officer(identity_id: UUID) -> str:
    """Open an officer's own name, for the head of their pages."""
    return person_of(identity_id).name


def queue_of(office_id: UUID, *, before: UUID | None, limit: int) -> list[CaseLine]:
    """List an office's live cases, the newest first, older than ``before``."""
    rows = ProofingCase.objects.filter(office_id=office_id, state__in=LIVE_CASE_STATES)
    if before is not None:
        rows = rows.filter(id__lt=before)
    values = rows.order_by("-id").values_list("id", "purpose", "state", "opened_at")[:limit]
    return [
        CaseLine(id=pk, purpose=CasePurpose(purpose), state=CaseState(state), opened_at=opened_at)
        for pk, purpose, state, opened_at in values
    ]


def case_of(case_id: UUID, *, office_id: UUID) -> CaseView | None:
    """Open a case of an office; another office's is as good as none."""
    row = ProofingCase.objects.filter(pk=case_id, office_id=office_id).select_related("officer").first()
    if row is None:
        return None
    answers = list(row.questions.order_by("place").values_list("was_right", flat=True))
    identity = identity_by_id(row.identity_id) if row.identity_id else None
    return CaseView(
        id=row.id,
        purpose=CasePurpose(row.purpose),
        state=CaseState(row.state),
        language=row.language,
        officer_id=row.officer_id,
        officer_identity_id=row.officer.identity_id,
        identity_id=row.identity_id,
        user_id=identity.user_id if identity else None,
        person=person_in(row),
        evidence=tuple(_evidence_view(paper) for paper in row.evidence.order_by("recorded_at")),
        verdict=verdict_of(answers),
        is_asked=bool(answers),
        contacts={ContactKind(contact.kind): _contact_view(contact) for contact in row.contacts.all()},
        devices=tuple(row.devices.order_by("handed_out_at").values_list("serial", flat=True)),
        opened_at=row.opened_at,
        decided_at=row.decided_at,
    )


def person_in(case: ProofingCase) -> RegisterPerson | None:
    """Open whom a case is about, as the register had them; None before the register was asked."""
    if case.person_sealed is None:
        return None
    return person_from_json(open_sealed(case.person_sealed, purpose=sealing.PERSON, bound_to=case.id))


def call_of(call_id: UUID, *, officer_id: UUID, now: datetime) -> CallView | None:
    """Open a support agent's own call; another agent's is as good as none (SUP-2)."""
    row = SupportCall.objects.filter(pk=call_id, officer_id=officer_id).first()
    identity = identity_by_id(row.identity_id) if row else None
    if row is None or identity is None:
        return None
    person = person_of(identity.id)
    answers = list(row.questions.order_by("place").values_list("was_right", flat=True))
    refusal = refusal_to_act_in_call(SupportAct.BLOCK, opened_at=row.opened_at, is_identified=False, now=now)
    is_identified = row.identified_at is not None
    changes = pending_changes_of(identity.id, now=now) if is_identified else []
    return CallView(
        id=row.id,
        reason=LookReason(row.reason),
        name=person.name,
        is_name_protected=person.is_name_protected,
        cpr_number=person.cpr_number,
        state=identity.state,
        blocks=standing_blocks_of(identity.id),
        devices=devices_of(identity.id) if is_identified else [],
        changes=[ChangeLine(id=change.id, field=change.field, opens_at=change.opens_at) for change in changes],
        verdict=verdict_of(answers),
        is_asked=bool(answers),
        is_identified=is_identified,
        is_over=refusal is not None,
    )


def questions_of(*, case_id: UUID | None = None, call_id: UUID | None = None) -> list[QuestionView]:
    """Open the control questions of a case or a call, in the order they were asked."""
    rows = ControlQuestion.objects.filter(case_id=case_id, call_id=call_id).order_by("place")
    return [
        QuestionView(
            id=row.id,
            place=row.place,
            topic=QuestionTopic(row.topic),
            expected=open_sealed(row.expected_sealed, purpose=sealing.EXPECTED_ANSWER, bound_to=row.id),
            was_right=row.was_right,
        )
        for row in rows
    ]


def refusal_of(case_id: UUID) -> RefusalView | None:
    """Give the refusal that ended a case."""
    row = RefusalDecision.objects.filter(case_id=case_id).first()
    if row is None:
        return None
    return RefusalView(reason=RefusalReason(row.reason), complaints_to=row.complaints_to, decided_at=row.decided_at)


def stock_of(office_id: UUID, *, limit: int) -> list[str]:
    """List the serial numbers in an office's stock."""
    rows = StockItem.objects.filter(office_id=office_id, state=StockState.IN_STOCK).order_by("serial")
    return list(rows.values_list("serial", flat=True)[:limit])


def block_sources_of(identity_id: UUID) -> frozenset[str]:
    """Tell whose blocks stand on an identity (BLK-3)."""
    return frozenset(block.source.value for block in standing_blocks_of(identity_id))


def _may_act(row: Officer, needed: OfficerRole, *, now: datetime) -> bool:
    refusal = refusal_to_act(
        role=OfficerRole(row.role),
        needed=needed,
        is_ended=row.ended_at is not None,
        valid_until=row.valid_until,
        agreement_until=row.office.organisation.agreement_until,
        today=danish_date(now),
    )
    return refusal is None


def _evidence_view(paper: Evidence) -> EvidenceView:
    return EvidenceView(
        kind=EvidenceKind(paper.kind),
        issuer=paper.issuer,
        expires_on=paper.expires_on,
        checks=tuple(paper.checks),
    )


def _contact_view(contact: CaseContact) -> ContactView:
    return ContactView(
        kind=ContactKind(contact.kind),
        proof_id=contact.proof_id,
        value=contact_code_sent_to(contact.proof_id, owner_id=contact.case_id) or "",
        is_proven=contact.proven_at is not None,
    )
