"""One look through the log, and what it found."""

from django.db import models
from django.db.models import F, Q


class AuditVerification(models.Model):
    """Append-only: a trigger refuses every change. The seals are null when there were none to look at."""

    at = models.DateTimeField()
    from_seal = models.BigIntegerField(null=True)
    to_seal = models.BigIntegerField(null=True)
    rows = models.BigIntegerField()
    findings = models.IntegerField()
    seconds = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="verification_seals_run_forwards",
                condition=Q(from_seal__isnull=True, to_seal__isnull=True)
                | Q(from_seal__isnull=False, to_seal__isnull=False, from_seal__gte=1, to_seal__gte=F("from_seal")),
            ),
            models.CheckConstraint(name="verification_rows_are_counted", condition=Q(rows__gte=0)),
            models.CheckConstraint(name="verification_findings_are_counted", condition=Q(findings__gte=0)),
            models.CheckConstraint(name="verification_took_some_time", condition=Q(seconds__gte=0)),
        ]
