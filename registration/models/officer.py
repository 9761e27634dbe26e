"""An officer: a citizen with a right in an office."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from registration.models.organisation import Office
from registration.rules.officers import LONGEST_RIGHT
from registration.states import OfficerRole


class Officer(models.Model):
    """One right of one person in one office. ``valid_until`` is its last day (REG-11)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="rights")
    office = models.ForeignKey(Office, on_delete=models.PROTECT, related_name="officers")
    role = models.TextField(choices=OfficerRole)
    appointed_on = models.DateField()
    valid_until = models.DateField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="officer_role_is_known", condition=Q(role__in=OfficerRole.values)),
            models.CheckConstraint(
                name="officer_right_is_renewed_yearly",
                condition=Q(valid_until__gte=F("appointed_on")) & Q(valid_until__lte=F("appointed_on") + LONGEST_RIGHT),
            ),
            models.UniqueConstraint(
                name="officer_has_one_right_of_a_role",
                fields=["identity", "role"],
                condition=Q(ended_at__isnull=True),
            ),
        ]
