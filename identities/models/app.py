"""The app on a citizen's phone, and its enrolment."""

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from identities.models.activation_code import ActivationCode
from identities.models.device import CountedFactor
from identities.models.identity import Identity
from identities.models.pending_change import PendingChange
from identities.models.suspension import Suspendable, suspended_by_someone
from identities.rules.codes import TEMPORARY_PIN_TRIES
from identities.rules.tries import TRIES
from identities.states import AppPlatform, AssuranceLevel, AuthenticatorState, EnrolmentState


class App(CountedFactor, Suspendable):
    """One citizen's app on one phone: the public half of a key that never leaves the phone, and a PIN (SEC-1).

    ``installation_id`` stands for the phone's browser: several people may share one (AUT-3).
    ``device_key`` is the SubjectPublicKeyInfo (DER) of an EC P-256 key. The PIN itself is not kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="apps")
    installation_id = models.UUIDField()
    platform = models.TextField(choices=AppPlatform)
    device_key = models.BinaryField(unique=True)
    pin_verifier = models.BinaryField()
    state = models.TextField(choices=AuthenticatorState, default=AuthenticatorState.ACTIVE)
    enrolled_level = models.PositiveSmallIntegerField(choices=AssuranceLevel)
    activated_at = models.DateTimeField()
    blocked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="app_platform_is_known", condition=Q(platform__in=AppPlatform.values)),
            models.CheckConstraint(name="app_state_is_known", condition=Q(state__in=AuthenticatorState.values)),
            models.CheckConstraint(name="app_level_is_known", condition=Q(enrolled_level__in=AssuranceLevel.values)),
            suspended_by_someone("app_suspended_by_someone"),
            models.CheckConstraint(name="app_wrong_pins_are_few", condition=Q(wrong_in_a_row__lt=TRIES)),
            models.CheckConstraint(
                name="app_blocked_at_is_set_when_blocked",
                condition=Q(state=AuthenticatorState.BLOCKED, blocked_at__isnull=False)
                | (~Q(state=AuthenticatorState.BLOCKED) & Q(blocked_at__isnull=True)),
            ),
            models.UniqueConstraint(
                name="app_one_per_identity_and_phone",
                fields=["installation_id", "identity"],
                condition=~Q(state=AuthenticatorState.BLOCKED),
            ),
            # AUT-3: an app at HIGH shares its phone with nobody. Two at HIGH meet here, HIGH beside another in the act.
            models.UniqueConstraint(
                name="app_one_at_high_per_phone",
                fields=["installation_id"],
                condition=Q(enrolled_level=AssuranceLevel.HIGH) & ~Q(state=AuthenticatorState.BLOCKED),
            ),
        ]
        indexes = [models.Index(fields=["identity", "-activated_at"], name="app_by_identity")]


class AppEnrolment(models.Model):
    """An app on its way: its first code was taken, the temporary PIN is on its way by SMS (SEC-5).

    ``identity`` is empty for a user ID or a code that opens nothing (TRY-2). ``pins_sent`` and ``pin_sent_at`` bound
    how many text messages an identity is sent. The first code is the activation code
    or, for a copy from the old phone, the change that its second authentication confirmed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, null=True, on_delete=models.PROTECT, related_name="app_enrolments")
    activation_code = models.ForeignKey(ActivationCode, null=True, on_delete=models.PROTECT, related_name="+")
    copy = models.ForeignKey(PendingChange, null=True, on_delete=models.PROTECT, related_name="+")
    installation_id = models.UUIDField()
    platform = models.TextField(choices=AppPlatform)
    device_key = models.BinaryField()
    temporary_pin_verifier = models.BinaryField(null=True)
    pins_sent = models.PositiveSmallIntegerField(default=0)
    pin_sent_at = models.DateTimeField(null=True)
    state = models.TextField(choices=EnrolmentState, default=EnrolmentState.OPEN)
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="enrolment_platform_is_known", condition=Q(platform__in=AppPlatform.values)),
            models.CheckConstraint(name="enrolment_state_is_known", condition=Q(state__in=EnrolmentState.values)),
            models.CheckConstraint(name="enrolment_expires_later", condition=Q(expires_at__gt=F("opened_at"))),
            models.CheckConstraint(
                name="enrolment_of_someone_has_two_codes",
                condition=Q(
                    identity__isnull=True,
                    activation_code__isnull=True,
                    copy__isnull=True,
                    temporary_pin_verifier__isnull=True,
                    pin_sent_at__isnull=True,
                    pins_sent=0,
                )
                | (
                    Q(
                        identity__isnull=False,
                        temporary_pin_verifier__isnull=False,
                        pin_sent_at__isnull=False,
                        pins_sent__gt=0,
                    )
                    & (
                        Q(activation_code__isnull=False, copy__isnull=True)
                        | Q(activation_code__isnull=True, copy__isnull=False)
                    )
                ),
            ),
            models.CheckConstraint(
                name="enrolment_of_nobody_goes_nowhere",
                condition=Q(identity__isnull=False) | ~Q(state=EnrolmentState.USED),
            ),
            models.CheckConstraint(
                name="enrolment_open_has_tries_left",
                condition=Q(wrong_tries__lt=TEMPORARY_PIN_TRIES)
                | (Q(wrong_tries=TEMPORARY_PIN_TRIES) & Q(state=EnrolmentState.DEAD)),
            ),
            models.UniqueConstraint(
                name="enrolment_one_open_per_identity",
                fields=["identity"],
                condition=Q(state=EnrolmentState.OPEN),
            ),
            models.UniqueConstraint(
                name="enrolment_one_used_per_copy",
                fields=["copy"],
                condition=Q(state=EnrolmentState.USED),
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="enrolment_by_age")]


class CopyTicket(models.Model):
    """What the QR code on the old phone stands for: three minutes, once. Only a look-up of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    copy = models.ForeignKey(PendingChange, on_delete=models.PROTECT, related_name="tickets")
    app = models.ForeignKey(App, on_delete=models.PROTECT, related_name="copy_tickets")
    token_index = models.BinaryField(unique=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="ticket_expires_later", condition=Q(expires_at__gt=F("issued_at"))),
            models.CheckConstraint(
                name="ticket_used_in_time",
                condition=Q(used_at__isnull=True) | Q(used_at__gte=F("issued_at"), used_at__lt=F("expires_at")),
            ),
        ]
