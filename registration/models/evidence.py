"""What a proven identity rests on."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from registration.models.case import ProofingCase
from registration.models.officer import Officer
from registration.states import EvidenceCheck, EvidenceKind


class Evidence(models.Model):
    """A document that was seen: kind, issuer, a keyed hash of its number, what was checked; no picture (REG-8)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(ProofingCase, on_delete=models.PROTECT, related_name="evidence")
    kind = models.TextField(choices=EvidenceKind)
    issuer = models.CharField(max_length=3)
    number_index = models.BinaryField()
    expires_on = models.DateField()
    checks = ArrayField(models.TextField(choices=EvidenceCheck))
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="evidence")
    recorded_on = models.DateField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="evidence_kind_is_known", condition=Q(kind__in=EvidenceKind.values)),
            models.CheckConstraint(name="evidence_issuer_is_a_code", condition=Q(issuer__regex=r"^[A-Z]{1,3}$")),
            models.CheckConstraint(name="evidence_is_unexpired", condition=Q(expires_on__gte=F("recorded_on"))),
            models.CheckConstraint(
                name="evidence_checks_are_known", condition=Q(checks__contained_by=EvidenceCheck.values)
            ),
            models.CheckConstraint(
                name="evidence_was_checked",
                condition=Q(checks__contains=[EvidenceCheck.UNEXPIRED, EvidenceCheck.NOT_REPORTED]),
            ),
            models.UniqueConstraint(name="evidence_one_of_a_kind_in_a_case", fields=["case", "kind"]),
        ]
        indexes = [models.Index(fields=["number_index"], name="evidence_by_number")]
