"""Proofing cases, the contacts proven in them, and refusals."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from registration.models.officer import Officer
from registration.models.organisation import Office
from registration.states import LIVE_CASE_STATES, CasePurpose, CaseState, ContactStep, RefusalReason

LEVELS = (1, 2, 3)  # identities.AssuranceLevel, whose numbers are stored
DECIDED = (CaseState.APPROVED, CaseState.REFUSED, CaseState.CANCELLED)


class ProofingCase(models.Model):
    """One proving of one person's identity, in person, in one office.

    Sealed columns are bound to this row's id. ``identity`` is the one to reopen, or the one that was issued.
    ``officer`` opened the case; ``first_officer`` approved what needs a second one (REG-10).
    Two live cases on the same person may stand side by side in two offices: the person's identity is unique
    below, and a case left open elsewhere must keep nobody waiting.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.TextField(choices=CasePurpose)
    state = models.TextField(choices=CaseState, default=CaseState.OPEN)
    language = models.CharField(max_length=2)
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="cases")
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="cases")
    first_officer = models.ForeignKey(Officer, null=True, on_delete=models.PROTECT, related_name="first_cases")
    second_officer = models.ForeignKey(Officer, null=True, on_delete=models.PROTECT, related_name="second_cases")
    identity = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="proofing_cases"
    )
    cpr_number_sealed = models.BinaryField(null=True)
    cpr_number_index = models.BinaryField(null=True)
    person_sealed = models.BinaryField(null=True)
    level_reached = models.PositiveSmallIntegerField(null=True)
    opened_at = models.DateTimeField()
    looked_up_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="case_purpose_is_known", condition=Q(purpose__in=CasePurpose.values)),
            models.CheckConstraint(name="case_state_is_known", condition=Q(state__in=CaseState.values)),
            models.CheckConstraint(name="case_language_is_known", condition=Q(language__in=["da", "en"])),
            models.CheckConstraint(
                name="case_person_is_sealed_whole",
                condition=Q(
                    cpr_number_sealed__isnull=True,
                    cpr_number_index__isnull=True,
                    person_sealed__isnull=True,
                    looked_up_at__isnull=True,
                )
                | Q(
                    cpr_number_sealed__isnull=False,
                    cpr_number_index__isnull=False,
                    person_sealed__isnull=False,
                    looked_up_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="case_is_examined_with_person_and_level",
                condition=Q(state__in=[CaseState.OPEN, CaseState.REFUSED, CaseState.CANCELLED])
                | Q(person_sealed__isnull=False, level_reached__isnull=False, level_reached__in=LEVELS),
            ),
            models.CheckConstraint(
                name="case_decided_at_is_set_when_decided",
                condition=Q(state__in=DECIDED, decided_at__isnull=False)
                | (~Q(state__in=DECIDED) & Q(decided_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="case_approved_has_an_identity",
                condition=~Q(state__in=[CaseState.APPROVED, CaseState.AWAITING_SECOND_OFFICER])
                | Q(identity__isnull=False),
            ),
            models.CheckConstraint(
                name="case_awaiting_a_second_has_a_first",
                condition=~Q(state=CaseState.AWAITING_SECOND_OFFICER) | Q(first_officer__isnull=False),
            ),
            models.CheckConstraint(
                name="case_second_officer_is_another",
                condition=Q(second_officer__isnull=True)
                | (Q(first_officer__isnull=False) & ~Q(second_officer=F("first_officer"))),
            ),
            models.UniqueConstraint(
                name="case_issues_an_identity_once",
                fields=["identity"],
                condition=Q(purpose=CasePurpose.ISSUE, state=CaseState.APPROVED),
            ),
        ]
        indexes = [
            models.Index(fields=["office", "-id"], name="case_queue", condition=Q(state__in=LIVE_CASE_STATES)),
            models.Index(fields=["identity", "-id"], name="case_by_identity"),
            models.Index(fields=["cpr_number_index"], name="case_by_cpr_number"),
        ]


class CaseContact(models.Model):
    """A first or new contact on its way to being proven; its value is with ``identities``, under ``proof_id``."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(ProofingCase, on_delete=models.PROTECT, related_name="contacts")
    kind = models.TextField(choices=ContactStep)
    proof_id = models.UUIDField(unique=True)
    sent_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="case_contact_kind_is_known", condition=Q(kind__in=ContactStep.values)),
            models.CheckConstraint(
                name="case_contact_is_proven_later",
                condition=Q(proven_at__isnull=True) | Q(proven_at__gte=F("sent_at")),
            ),
            models.UniqueConstraint(name="case_has_one_contact_of_a_kind", fields=["case", "kind"]),
        ]


class RefusalDecision(models.Model):
    """A refusal: why, by whom, and how to complain, as the citizen was told (REG-12)."""

    case = models.OneToOneField(ProofingCase, primary_key=True, on_delete=models.PROTECT, related_name="refusal")
    reason = models.TextField(choices=RefusalReason)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="refusals")
    complaints_to = models.CharField(max_length=240)
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="refusal_reason_is_known", condition=Q(reason__in=RefusalReason.values)),
            models.CheckConstraint(name="refusal_says_how_to_complain", condition=~Q(complaints_to="")),
        ]
