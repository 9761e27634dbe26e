"""One seal over the rows that were committed since the seal before."""

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from audit.models.audit_event import is_of_our_time
from audit.rules import NO_SEAL

models.BinaryField.register_lookup(Length)

HASH_BYTES = 32


def _is_list(column: str) -> Exact:
    return Exact(Func(F(column), function="jsonb_typeof", output_field=models.TextField()), Value("array"))


class AuditSeal(models.Model):
    """Append-only: a trigger refuses every change. Covers ``first_id`` to ``last_id`` without gap to its neighbours.

    ``missing``: ranges [from, to] of those ids that were not there. ``late``: ids that seals before this one list as
    missing and whose rows were committed since. A seal over late rows alone has an empty range, ``last_id`` being one
    less than ``first_id``.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    row_count = models.IntegerField()
    missing = models.JSONField()
    late = models.JSONField()
    rows_digest = models.BinaryField()
    previous = models.BinaryField()
    hash = models.BinaryField()
    signatures = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="seal_first_begins_the_log",
                condition=Q(number__gt=1, first_id__gt=1) | Q(number=1, first_id=1, previous=NO_SEAL),
            ),
            models.CheckConstraint(name="seal_at_is_of_our_time", condition=is_of_our_time()),
            models.CheckConstraint(name="seal_range_runs_forwards", condition=Q(last_id__gte=F("first_id") - 1)),
            models.CheckConstraint(name="seal_covers_some_row", condition=Q(row_count__gte=1)),
            models.CheckConstraint(name="seal_missing_is_a_list", condition=_is_list("missing")),
            models.CheckConstraint(name="seal_late_is_a_list", condition=_is_list("late")),
            models.CheckConstraint(name="seal_rows_digest_is_whole", condition=Q(rows_digest__length=HASH_BYTES)),
            models.CheckConstraint(name="seal_previous_is_whole", condition=Q(previous__length=HASH_BYTES)),
            models.CheckConstraint(name="seal_hash_is_whole", condition=Q(hash__length=HASH_BYTES)),
            models.CheckConstraint(name="seal_signatures_are_a_list", condition=_is_list("signatures")),
            models.CheckConstraint(name="seal_has_a_signature", condition=~Q(signatures=[])),
        ]
        indexes = [
            models.Index(name="seal_by_last_id", fields=["last_id"]),
            models.Index(name="seal_by_instant", fields=["at"]),
        ]
