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
    IdentityState,
    contact_code_sent_to,
    identity_by_id,
    pending_changes_of,
    person_of,
    standing_blocks_of,
)
from registration import sealing
from registration.authenticator_lines import AuthenticatorLine, authenticator_lines
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
from registration.rules.case import is_too_old, shows_nobody
from registration.rules.officers import refusal_to_act
from registration.rules.questions import verdict_of
from registration.rules.support import is_over
from registration.states import (
    LIVE_CASE_STATES,
    CasePurpose,
    CaseState,
    EvidenceKind,
    LookReason,
    OfficerRole,
    PaperKind,
    QuestionTopic,
    RefusalReason,
    StockKind,
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
    """A contact in a case, first or new, its value opened for who typed it; None where the case shows nobody."""

    kind: ContactKind
    proof_id: UUID
    value: str | None
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
    """A control question. The expected answer is opened for the officer who asks, and shut when it is answered."""

    id: UUID
    place: int
    topic: QuestionTopic
    expected: str | None
    was_right: bool | None


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """A case as its office sees it: whole while it is worked on, and no more than its frame when ``is_shut``."""

    id: UUID
    purpose: CasePurpose
    state: CaseState
    language: str
    officer_id: UUID
    officer_identity_id: UUID
    first_officer_identity_id: UUID | None
    identity_id: UUID | None
    is_shut: bool
    has_person: bool
    user_id: str | None
    person: RegisterPerson | None
    evidence: tuple[EvidenceView, ...]
    verdict: Verdict
    is_asked: bool
    contacts: dict[ContactKind, ContactView]
    authenticators: tuple[AuthenticatorLine, ...]
    devices: tuple[tuple[StockKind, str], ...]
    paper_codes: tuple[PaperKind, ...]
    opened_at: datetime
    looked_up_at: datetime | None
    decided_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Whether something can still be done in it."""
        return self.state in LIVE_CASE_STATES


@dataclass(frozen=True, kw_only=True)
class RefusalView:
    """A refusal as the citizen is told (REG-12); the name stands on it on the day of the look-up."""

    reason: RefusalReason
    name: str | None
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
    """A caller's identity as support sees it. ``changes`` is empty until the caller is identified."""

    id: UUID
    identity_id: UUID
    reason: LookReason
    name: str
    is_name_protected: bool
    cpr_number: str | None
    state: IdentityState
    blocks: list[BlockView]
    authenticators: tuple[AuthenticatorLine, ...]
    changes: list[ChangeLine]
    verdict: Verdict
    is_asked: bool
    is_identified: bool


@dataclass(frozen=True)
class CallOver:
    """A call that was the agent's and shows nothing any more: who wants to look again searches again (SUP-3)."""


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


def case_of(case_id: UUID, *, office_id: UUID, now: datetime) -> CaseView | None:
    """Open a case of an office; another office's is as good as none.

    Rule: SUP-3, REG-10: whom a decided or an old case is about takes a new case to see, which is in the log.
    """
    found = ProofingCase.objects.filter(pk=case_id, office_id=office_id)
    row = found.select_related("officer", "first_officer").first()
    if row is None:
        return None
    answers = list(row.questions.order_by("place").values_list("was_right", flat=True))
    is_shut = shows_nobody(state=CaseState(row.state), looked_up_at=row.looked_up_at, now=now)
    identity = identity_by_id(row.identity_id) if row.identity_id and not is_shut else None
    return CaseView(
        id=row.id,
        purpose=CasePurpose(row.purpose),
        state=CaseState(row.state),
        language=row.language,
        officer_id=row.officer_id,
        officer_identity_id=row.officer.identity_id,
        first_officer_identity_id=row.first_officer.identity_id if row.first_officer else None,
        identity_id=row.identity_id,
        is_shut=is_shut,
        has_person=row.person_sealed is not None,
        user_id=identity.user_id if identity else None,
        person=None if is_shut else person_in(row),
        evidence=tuple(_evidence_view(paper) for paper in row.evidence.order_by("recorded_at")),
        verdict=verdict_of(answers),
        is_asked=bool(answers),
        contacts={ContactKind(contact.kind): _contact_view(contact, is_shut=is_shut) for contact in row.contacts.all()},
        authenticators=authenticator_lines(identity.id, is_proven=row.state != CaseState.OPEN) if identity else (),
        devices=tuple((StockKind(device.kind), device.serial) for device in row.devices.order_by("handed_out_at")),
        paper_codes=tuple(PaperKind(code.kind) for code in row.paper_codes.order_by("id")),
        opened_at=row.opened_at,
        looked_up_at=row.looked_up_at,
        decided_at=row.decided_at,
    )


def person_in(case: ProofingCase) -> RegisterPerson | None:
    """Open whom a case is about, as the register had them; None before the register was asked."""
    if case.person_sealed is None:
        return None
    return person_from_json(open_sealed(case.person_sealed, purpose=sealing.PERSON, bound_to=case.id))


def call_of(call_id: UUID, *, officer_id: UUID, now: datetime) -> CallView | CallOver | None:
    """Open a support agent's own call; another agent's is as good as none (SUP-2), and an old one is over (SUP-3)."""
    row = SupportCall.objects.filter(pk=call_id, officer_id=officer_id).first()
    if row is not None and is_over(opened_at=row.opened_at, now=now):
        return CallOver()
    identity = identity_by_id(row.identity_id) if row else None
    if row is None or identity is None:
        return None
    person = person_of(identity.id)
    answers = list(row.questions.order_by("place").values_list("was_right", flat=True))
    is_identified = row.identified_at is not None
    changes = pending_changes_of(identity.id, now=now) if is_identified else []
    return CallView(
        id=row.id,
        identity_id=identity.id,
        reason=LookReason(row.reason),
        name=person.name,
        is_name_protected=person.is_name_protected,
        cpr_number=person.cpr_number,
        state=identity.state,
        blocks=standing_blocks_of(identity.id),
        authenticators=authenticator_lines(identity.id, is_proven=is_identified),
        changes=[ChangeLine(id=change.id, field=change.field, opens_at=change.opens_at) for change in changes],
        verdict=verdict_of(answers),
        is_asked=bool(answers),
        is_identified=is_identified,
    )


def questions_of(*, case_id: UUID | None = None, call_id: UUID | None = None) -> list[QuestionView]:
    """Open the control questions of a case or a call that are still to be answered, among all that were asked."""
    rows = ControlQuestion.objects.filter(case_id=case_id, call_id=call_id).order_by("place")
    return [
        QuestionView(
            id=row.id,
            place=row.place,
            topic=QuestionTopic(row.topic),
            expected=_expected(row) if row.was_right is None else None,
            was_right=row.was_right,
        )
        for row in rows
    ]


def refusal_of(case_id: UUID, *, now: datetime) -> RefusalView | None:
    """Give the refusal that ended a case."""
    row = RefusalDecision.objects.filter(case_id=case_id).select_related("case").first()
    if row is None:
        return None
    person = None if is_too_old(looked_up_at=row.case.looked_up_at, now=now) else person_in(row.case)
    return RefusalView(
        reason=RefusalReason(row.reason),
        name=person.name if person else None,
        complaints_to=row.complaints_to,
        decided_at=row.decided_at,
    )


def stock_of(office_id: UUID, *, limit: int, kind: StockKind = StockKind.CODE_DISPLAY) -> list[str]:
    """List serial numbers of one kind of device in an office's stock."""
    rows = StockItem.objects.filter(office_id=office_id, kind=kind, state=StockState.IN_STOCK).order_by("serial")
    return list(rows.values_list("serial", flat=True)[:limit])


def block_codes_of(identity_id: UUID) -> frozenset[str]:
    """Tell whose blocks stand on an identity, and why (BLK-3)."""
    blocks = standing_blocks_of(identity_id)
    return frozenset(code for block in blocks for code in (block.source.value, block.reason.value))


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


def _expected(question: ControlQuestion) -> str:
    return open_sealed(question.expected_sealed, purpose=sealing.EXPECTED_ANSWER, bound_to=question.id)


def _contact_view(contact: CaseContact, *, is_shut: bool) -> ContactView:
    value = None if is_shut else contact_code_sent_to(contact.proof_id, owner_id=contact.case_id)
    return ContactView(
        kind=ContactKind(contact.kind),
        proof_id=contact.proof_id,
        value=value,
        is_proven=contact.proven_at is not None,
    )
