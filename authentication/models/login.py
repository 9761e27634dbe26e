"""A login: who came in, by which door, how surely, and until when."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from authentication.models.approval_request import ApprovalRequest
from authentication.rules import LEAST_LEVEL
from authentication.states import Door, Ending
from identities.api import AssuranceLevel, AuthenticatorKind


class Login(models.Model):
    """One authentication. A browser's session holds its id and nothing else about the citizen.

    ``app`` is the one that was logged in to; of several that an identity has, a login inside one is none in another.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="logins")
    request = models.OneToOneField(ApprovalRequest, null=True, on_delete=models.PROTECT, related_name="login")
    door = models.TextField(choices=Door)
    app = models.ForeignKey("identities.App", null=True, on_delete=models.PROTECT, related_name="logins")
    authenticator = models.TextField(choices=AuthenticatorKind)
    level = models.PositiveSmallIntegerField(choices=AssuranceLevel)
    at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ending = models.TextField(choices=Ending, null=True)  # noqa: DJ001 - NULL is "not ended", and checked

    class Meta:
        constraints = [
            models.CheckConstraint(name="login_door_is_known", condition=Q(door__in=Door.values)),
            models.CheckConstraint(
                name="login_authenticator_is_known", condition=Q(authenticator__in=AuthenticatorKind.values)
            ),
            models.CheckConstraint(
                name="login_is_substantial_or_more",
                condition=Q(level__in=[level for level in AssuranceLevel if level >= LEAST_LEVEL])
                | Q(door=Door.APP, level__in=AssuranceLevel.values),
            ),
            # Inside the app the device's own signature asks; every other door is opened by an approved request.
            models.CheckConstraint(
                name="login_outside_the_app_has_its_request",
                condition=Q(door=Door.APP, request__isnull=True) | (~Q(door=Door.APP) & Q(request__isnull=False)),
            ),
            models.CheckConstraint(
                name="login_inside_the_app_is_the_apps",
                condition=~Q(door=Door.APP) | Q(authenticator=AuthenticatorKind.APP),
            ),
            models.CheckConstraint(
                name="login_inside_the_app_names_it",
                condition=Q(door=Door.APP, app__isnull=False) | (~Q(door=Door.APP) & Q(app__isnull=True)),
            ),
            models.CheckConstraint(name="login_seen_no_earlier_than_made", condition=Q(last_seen_at__gte=F("at"))),
            models.CheckConstraint(
                name="login_ended_for_a_reason",
                condition=Q(ended_at__isnull=True, ending__isnull=True)
                | Q(ended_at__isnull=False, ending__isnull=False, ending__in=Ending.values),
            ),
        ]
        indexes = [
            models.Index(fields=["identity"], name="login_open_by_identity", condition=Q(ended_at__isnull=True)),
        ]
