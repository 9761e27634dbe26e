"""Codes that activate one authenticator."""

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from identities.models.device import CodeDisplay
from identities.models.identity import Identity
from identities.rules.codes import ACTIVATION_TRIES
from identities.states import ActivationCodeState, CodeCarrier


class ActivationCode(models.Model):
    """For one device of one identity; three wrong tries kill it (SEC-4). The code itself is not kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="activation_codes")
    device = models.ForeignKey(CodeDisplay, on_delete=models.PROTECT, related_name="activation_codes")
    carrier = models.TextField(choices=CodeCarrier)
    code_verifier = models.BinaryField()
    state = models.TextField(choices=ActivationCodeState, default=ActivationCodeState.OPEN)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="activation_carrier_is_known", condition=Q(carrier__in=CodeCarrier.values)),
            models.CheckConstraint(name="activation_state_is_known", condition=Q(state__in=ActivationCodeState.values)),
            models.CheckConstraint(
                name="activation_open_has_tries_left",
                condition=Q(wrong_tries__lt=ACTIVATION_TRIES)
                | (Q(wrong_tries=ACTIVATION_TRIES) & ~Q(state=ActivationCodeState.OPEN)),
            ),
            models.CheckConstraint(name="activation_expires_later", condition=Q(expires_at__gt=F("issued_at"))),
            models.CheckConstraint(
                name="activation_used_at_is_set_when_used",
                condition=Q(state=ActivationCodeState.USED, used_at__isnull=False, used_at__lt=F("expires_at"))
                | (~Q(state=ActivationCodeState.USED) & Q(used_at__isnull=True)),
            ),
            models.UniqueConstraint(
                name="activation_one_open_per_identity",
                fields=["identity"],
                condition=Q(state=ActivationCodeState.OPEN),
            ),
            models.UniqueConstraint(
                name="activation_one_open_per_device",
                fields=["device"],
                condition=Q(state=ActivationCodeState.OPEN),
            ),
        ]
