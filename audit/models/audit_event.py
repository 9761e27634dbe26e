"""One line of what happened."""

from datetime import UTC, datetime
from typing import Final

from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from audit.rules import PEOPLE
from audit.states import ActorKind

models.BinaryField.register_lookup(Length)

MAC_BYTES = 34
"""Key version 2, HMAC-SHA256 32."""
OUR_TIME: Final = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
"""From and to before: a row of another time would be shown first for ever, or end reading with an error."""


def is_of_our_time() -> Q:
    """Hold of rows that were written while there was a portal."""
    return Q(at__gte=OUR_TIME[0], at__lt=OUR_TIME[1])


class AuditEvent(models.Model):
    """Append-only: a trigger refuses every change (LOG-1). Holds opaque ids, no personal data (LOG-2).

    The table is partitioned by the month of ``at`` (docs/decisions/0080), so a key holds ``at`` too. Ids are drawn from
    one sequence, see ``steps.record``, and are unique by that.

    Ids of other apps' rows are plain columns: what they point at lies above this app, and a line outlives its
    row.
    """

    pk = models.CompositePrimaryKey("id", "at")
    id = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=64)
    actor_kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in ActorKind])
    actor_id = models.UUIDField(null=True)
    office_id = models.UUIDField(null=True)
    organisation_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    facts = models.JSONField()
    mac = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="event_id_is_positive", condition=Q(id__gte=1)),
            models.CheckConstraint(name="event_at_is_of_our_time", condition=is_of_our_time()),
            models.CheckConstraint(name="event_kind_names_app_and_act", condition=Q(kind__regex=r"^[a-z]+\.[a-z_]+$")),
            models.CheckConstraint(
                name="event_actor_kind_is_known",
                condition=Q(actor_kind__in=[kind.value for kind in ActorKind]),
            ),
            models.CheckConstraint(
                name="event_person_has_an_id",
                condition=~Q(actor_kind__in=sorted(kind.value for kind in PEOPLE)) | Q(actor_id__isnull=False),
            ),
            models.CheckConstraint(
                name="event_system_has_no_id",
                condition=~Q(actor_kind=ActorKind.SYSTEM.value) | Q(actor_id__isnull=True),
            ),
            models.CheckConstraint(
                name="event_office_is_an_officers",
                condition=Q(actor_kind=ActorKind.OFFICER.value)
                | Q(office_id__isnull=True, organisation_id__isnull=True),
            ),
            models.CheckConstraint(
                name="event_facts_are_an_object",
                condition=Exact(
                    Func(F("facts"), function="jsonb_typeof", output_field=models.TextField()),
                    Value("object"),
                ),
            ),
            models.CheckConstraint(name="event_mac_is_whole", condition=Q(mac__length=MAC_BYTES)),
        ]
        indexes = [
            models.Index(name="event_by_subject", fields=["subject_id", "-id"], condition=Q(subject_id__isnull=False)),
            # In the order in which auditors read: by another one, a search would read all that has no limit of time.
            models.Index(
                name="event_by_subject_at",
                fields=["subject_id", "-at", "-id"],
                condition=Q(subject_id__isnull=False),
            ),
            models.Index(name="event_by_actor", fields=["actor_id", "-at", "-id"], condition=Q(actor_id__isnull=False)),
            models.Index(name="event_by_kind", fields=["kind", "-at", "-id"]),
            models.Index(name="event_by_instant", fields=["at", "id"]),
        ]
