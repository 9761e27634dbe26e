"""A log-in under way."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from authentication.rules import TRIES_A_REQUEST
from authentication.states import Door, RequestState


class LoginRequest(models.Model):
    """What a browser asked to be let in to. ``identity`` is empty for a user ID that nobody has (TRY-2)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    door = models.TextField(choices=Door)
    identity = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="login_requests"
    )
    state = models.TextField(choices=RequestState, default=RequestState.OPEN)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="request_door_is_known", condition=Q(door__in=Door.values)),
            models.CheckConstraint(name="request_state_is_known", condition=Q(state__in=RequestState.values)),
            models.CheckConstraint(name="request_expires_later", condition=Q(expires_at__gt=F("opened_at"))),
            models.CheckConstraint(
                name="request_with_three_wrong_tries_is_refused",
                condition=Q(wrong_tries__lt=TRIES_A_REQUEST)
                | Q(wrong_tries=TRIES_A_REQUEST, state=RequestState.REFUSED),
            ),
            models.CheckConstraint(
                name="request_of_nobody_goes_nowhere",
                condition=Q(identity__isnull=False) | Q(state__in=[RequestState.OPEN, RequestState.REFUSED]),
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="request_by_age")]
