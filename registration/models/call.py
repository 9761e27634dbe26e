"""A caller's identity that a support agent looked at."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from registration.models.officer import Officer
from registration.rules.support import DOCUMENT_TRIES
from registration.states import FoundBy, LookReason


class SupportCall(models.Model):
    """One look at one identity, with its reason (SUP-3), and whether the caller proved who they are (SUP-1)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    officer = models.ForeignKey(Officer, on_delete=models.PROTECT, related_name="calls")
    identity = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="support_calls")
    reason = models.TextField(choices=LookReason)
    found_by = models.TextField(choices=FoundBy)
    opened_at = models.DateTimeField()
    wrong_numbers = models.PositiveSmallIntegerField(default=0)
    number_right_at = models.DateTimeField(null=True)
    identified_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="call_reason_is_known", condition=Q(reason__in=LookReason.values)),
            models.CheckConstraint(name="call_found_by_is_known", condition=Q(found_by__in=FoundBy.values)),
            models.CheckConstraint(name="call_wrong_numbers_are_few", condition=Q(wrong_numbers__lte=DOCUMENT_TRIES)),
            models.CheckConstraint(
                name="call_is_identified_after_the_right_number",
                condition=Q(identified_at__isnull=True)
                | Q(number_right_at__isnull=False, identified_at__gte=F("number_right_at")),
            ),
        ]
        indexes = [models.Index(fields=["officer", "-id"], name="call_by_officer")]
