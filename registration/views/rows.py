"""Rows for templates/components/summary_list.html."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from identities.api import ContactKind
from mitid_portal.times import danish_date, danish_time
from notifications.api import Language
from registration import texts
from registration.queries import CaseView, name_of_officer
from registration.registers.base import RegisterPerson
from registration.rules.progress import STEPS, CaseStep, next_step
from registration.states import CasePurpose, EvidenceCheck
from registration.texts import Text

PAGES = {
    CaseStep.PERSON: "registration:case-person",
    CaseStep.DOCUMENT: "registration:case-passport",
    CaseStep.QUESTIONS: "registration:case-questions",
    CaseStep.CONTACTS: "registration:case-contacts",
    CaseStep.ISSUE: "registration:case-issue",
    CaseStep.REOPEN: "registration:case-reopen",
    CaseStep.SECOND: "registration:case-second",
    CaseStep.APPROVE: "registration:case-approve",
    CaseStep.DEVICE: "registration:case-device",
}


@dataclass(frozen=True)
class Row:
    """A line of a summary list."""

    label: Text
    value: Text
    url: str = ""
    action: Text = ""


@dataclass(frozen=True)
class Progress:
    """How far a case is: labels of all steps, the present one counted from 1, and where to go on."""

    labels: list[Text]
    current: int
    step: CaseStep | None
    next_url: str


def progress_of(case: CaseView) -> Progress:
    """Tell how far a case is."""
    proven = {kind.value for kind, contact in case.contacts.items() if contact.is_proven}
    step = next_step(
        purpose=case.purpose,
        state=case.state,
        has_person=case.has_person,
        has_document=bool(case.evidence),
        verdict=case.verdict,
        missing_contacts={kind.value for kind in ContactKind} - proven,
        has_handed_out=bool(case.devices or case.paper_codes),
    )
    steps = STEPS[case.purpose]
    at = {None: CaseStep.QUESTIONS, CaseStep.SECOND: CaseStep.REOPEN}.get(step, step)
    current = steps.index(at) + 1 if at in steps else len(steps) + 1
    url = reverse(PAGES[step], kwargs={"case_id": case.id}) if step in PAGES else ""
    return Progress([texts.CASE_STEPS[one] for one in steps], current, step, url)


def person_rows(person: RegisterPerson) -> list[Row]:
    """Show what the register says of a person, with what must not be said aloud marked."""
    address = _("Protected") if person.is_address_protected else (person.address or "")
    rows = [
        Row(_("Name"), person.name),
        Row(_("CPR number"), f"{person.cpr_number[:6]}-{person.cpr_number[6:]}"),
        Row(_("Born"), danish_date(person.born_on)),
        Row(_("Address"), address),
    ]
    if person.is_name_protected:
        rows.append(Row(_("Protection"), _("Name and address are protected. Do not say them aloud.")))
    return rows


def case_rows(case: CaseView) -> list[Row]:
    """Show what stands in a case so far; of one that is shut, its kind, state and dates alone."""
    rows = [
        Row(_("Purpose"), texts.PURPOSES[case.purpose]),
        Row(_("State"), texts.CASE_STATES[case.state]),
        Row(_("Language of messages"), texts.LANGUAGES[Language(case.language)]),
    ]
    if case.is_shut:
        return rows + _dates(case)
    for paper in case.evidence:
        checks = ", ".join(str(texts.EVIDENCE_CHECKS[EvidenceCheck(check)]) for check in paper.checks)
        kind = texts.EVIDENCE_KINDS[paper.kind]
        validity = _("valid until %(date)s") % {"date": danish_date(paper.expires_on)}
        rows.append(Row(kind, f"{paper.issuer}, {validity}: {checks}"))
    rows += [contact_row(case, kind) for kind in case.contacts]
    if case.user_id:
        rows.append(Row(_("User ID"), case.user_id))
    rows += [Row(texts.STOCK_KINDS[kind], serial) for kind, serial in case.devices]
    return rows + [Row(texts.PAPER_KINDS[kind], _("given on paper")) for kind in case.paper_codes]


def contact_row(case: CaseView, kind: ContactKind, *, url: str = "") -> Row:
    """Show a contact in a case, and whether it counts; in a reopening it takes the place of the one that stands."""
    is_new = case.purpose is CasePurpose.REOPEN
    label = (texts.NEW_CONTACT_KINDS if is_new else texts.CONTACT_KINDS)[kind]
    contact = case.contacts.get(kind)
    if contact is None:
        return Row(label, _("none: the old one stays") if is_new else _("not given"), url, _("Give"))
    state = _("proven") if contact.is_proven else _("not proven: the old one stays") if is_new else _("not proven")
    return Row(label, f"{contact.value} ({state})" if contact.value else state, url, _("Change"))


def replaces_contacts(case: CaseView) -> bool:
    """Tell whether a reopening that is approved now gives the citizen another phone or e-mail."""
    return case.purpose is CasePurpose.REOPEN and any(contact.is_proven for contact in case.contacts.values())


def _dates(case: CaseView) -> list[Row]:
    dates = (
        (_("Opened"), case.opened_at),
        (_("Looked up"), case.looked_up_at),
        (_("Decided"), case.decided_at),
    )
    rows = [Row(label, danish_time(at)) for label, at in dates if at is not None]
    return [*rows, Row(_("Officer"), name_of_officer(case.officer_identity_id))]
