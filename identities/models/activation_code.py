"""Codes that activate one authenticator."""

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from identities.models.device import CodeDevice
from identities.models.identity import Identity
from identities.rules.codes import ACTIVATION_NUMBER_LENGTH, ACTIVATION_TRIES
from identities.rules.halves import NEVER_BY_SMS
from identities.states import CODE_DEVICES, ActivationCodeState, AssuranceLevel, AuthenticatorKind, CodeCarrier


class ActivationCode(models.Model):
    """For one authenticator of one identity; three wrong tries kill it (SEC-4). The code itself is not kept.

    ``number`` is the beginning of what is printed, and no secret: a try counts only against the code whose number
    was typed, so that a stranger who knows a user ID does not kill a code that they have never seen (TRY-2).
    ``enrolled_level`` is what an authenticator enrolled with this code reaches at most (LVL-2).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="activation_codes")
    kind = models.TextField(choices=AuthenticatorKind)
    device = models.ForeignKey(CodeDevice, null=True, on_delete=models.PROTECT, related_name="activation_codes")
    number = models.CharField(max_length=ACTIVATION_NUMBER_LENGTH)
    enrolled_level = models.PositiveSmallIntegerField(choices=AssuranceLevel)
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
            models.CheckConstraint(name="activation_kind_is_known", condition=Q(kind__in=AuthenticatorKind.values)),
            models.CheckConstraint(
                name="activation_level_is_known", condition=Q(enrolled_level__in=AssuranceLevel.values)
            ),
            models.CheckConstraint(
                name="activation_number_has_6_characters", condition=Q(number__regex=r"^[A-Z0-9]{6}$")
            ),
            models.CheckConstraint(
                name="activation_of_a_code_device_names_it",
                condition=Q(kind__in=[kind.value for kind in sorted(CODE_DEVICES)], device__isnull=False)
                | (~Q(kind__in=[kind.value for kind in sorted(CODE_DEVICES)]) & Q(device__isnull=True)),
            ),
            # SEC-5: an app's second code comes by SMS, and a chip's other half may; two channels are two.
            models.CheckConstraint(
                name="activation_of_an_app_or_a_chip_is_not_by_sms",
                condition=~Q(kind__in=[kind.value for kind in sorted(NEVER_BY_SMS)], carrier=CodeCarrier.SMS),
            ),
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
                name="activation_one_open_per_identity_and_kind",
                fields=["identity", "kind"],
                condition=Q(state=ActivationCodeState.OPEN),
            ),
            models.UniqueConstraint(
                name="activation_one_open_per_device",
                fields=["device"],
                condition=Q(state=ActivationCodeState.OPEN),
            ),
        ]
