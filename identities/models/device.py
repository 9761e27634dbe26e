"""Factors that wrong tries are counted on: code displays and audio readers, and the password."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django_otp.models import Device
from uuid_utils.compat import uuid7

from identities.models.identity import Identity
from identities.models.suspension import Suspendable, suspended_by_someone
from identities.rules.tries import TRIES, Tries
from identities.states import CODE_DEVICES, AssuranceLevel, AuthenticatorKind, DeviceState, PasswordState


class CountedFactor(models.Model):
    """Wrong tries of one factor (TRY-1)."""

    wrong_in_a_row = models.PositiveSmallIntegerField(default=0)
    pauses_taken = models.PositiveSmallIntegerField(default=0)
    paused_until = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def tries(self) -> Tries:
        """The counter as the rules read it."""
        return Tries(wrong_in_a_row=self.wrong_in_a_row, pauses_taken=self.pauses_taken, paused_until=self.paused_until)

    def count(self, tries: Tries) -> None:
        """Take over a counter that the rules gave; the caller saves."""
        self.wrong_in_a_row = tries.wrong_in_a_row
        self.pauses_taken = tries.pauses_taken
        self.paused_until = tries.paused_until


class CodeDevice(Suspendable, Device):
    """A device that shows or speaks six digits (SEC-3), a django-otp device whose seed only the HSM can open.

    ``user`` stays empty until the device is activated (AUT-2). ``verify_token`` is left as django-otp's base has it,
    which accepts nothing: codes are accepted by ``identities.steps.factors.accept_code`` alone, which takes the
    time as an argument and holds the row's lock.
    """

    user = models.ForeignKey(  # type: ignore[assignment]  # the base demands an owner, AUT-2 forbids one
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="code_devices"
    )
    uuid = models.UUIDField(unique=True, default=uuid7, editable=False)
    kind = models.TextField(choices=AuthenticatorKind, default=AuthenticatorKind.CODE_DISPLAY)
    serial = models.CharField(max_length=32, unique=True)
    seed_wrapped = models.BinaryField()
    seed_verifier = models.BinaryField()
    """Tells that the seed is this row's own (hsm/seeds.py)."""
    state = models.TextField(choices=DeviceState, default=DeviceState.IN_STOCK)
    last_step = models.BigIntegerField(default=-1)
    drift_steps = models.SmallIntegerField(default=0)
    enrolled_level = models.PositiveSmallIntegerField(choices=AssuranceLevel, null=True)
    activated_at = models.DateTimeField(null=True)
    blocked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="device_kind_is_known", condition=Q(kind__in=[kind.value for kind in sorted(CODE_DEVICES)])
            ),
            suspended_by_someone("device_suspended_by_someone"),
            models.CheckConstraint(name="device_state_is_known", condition=Q(state__in=DeviceState.values)),
            models.CheckConstraint(
                name="device_level_is_known",
                condition=Q(enrolled_level__isnull=True) | Q(enrolled_level__in=AssuranceLevel.values),
            ),
            models.CheckConstraint(
                name="device_belongs_to_someone_once_active",
                condition=~Q(state__in=[DeviceState.ACTIVE, DeviceState.SUSPENDED])
                | Q(user__isnull=False, activated_at__isnull=False, enrolled_level__isnull=False),
            ),
            models.CheckConstraint(
                name="device_belongs_to_nobody_before",
                condition=~Q(state__in=[DeviceState.IN_STOCK, DeviceState.HANDED_OUT]) | Q(user__isnull=True),
            ),
            models.CheckConstraint(
                name="device_blocked_at_is_set_when_blocked",
                condition=Q(state=DeviceState.BLOCKED, blocked_at__isnull=False)
                | (~Q(state=DeviceState.BLOCKED) & Q(blocked_at__isnull=True)),
            ),
            # AUT-1: a code display is not beside an audio reader; a suspended one still counts.
            models.UniqueConstraint(
                name="device_one_active_per_identity",
                fields=["user"],
                condition=Q(state__in=[DeviceState.ACTIVE, DeviceState.SUSPENDED]),
            ),
        ]


class DeviceTries(CountedFactor):
    """Wrong codes for one code device from one source, so that a stranger elsewhere pauses nobody (TRY-2).

    ``subject`` is the device's ``uuid``; for an identity without an active device its id, and for a user ID that nobody
    has what stands for that, so that all three are counted alike. ``source`` is a keyed hash of where the tries come
    from; the address itself is not kept.
    """

    subject = models.UUIDField()
    source = models.CharField(max_length=64)
    last_wrong_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="tries_one_row_per_subject_and_source", fields=["subject", "source"]),
            models.CheckConstraint(name="tries_wrong_in_a_row_are_few", condition=Q(wrong_in_a_row__lt=TRIES)),
        ]
        indexes = [models.Index(fields=["last_wrong_at"], name="tries_by_age")]


class PasswordFactor(CountedFactor, Suspendable):
    """The password as a factor: its counter and whether it is blocked. The hash is the identity's ``password``."""

    identity = models.OneToOneField(
        Identity, primary_key=True, on_delete=models.PROTECT, related_name="password_factor"
    )
    state = models.TextField(choices=PasswordState, default=PasswordState.ACTIVE)
    chosen_at = models.DateTimeField()
    blocked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="password_state_is_known", condition=Q(state__in=PasswordState.values)),
            suspended_by_someone("password_suspended_by_someone"),
            models.CheckConstraint(
                name="password_blocked_at_is_set_when_blocked",
                condition=Q(state=PasswordState.BLOCKED, blocked_at__isnull=False)
                | (~Q(state=PasswordState.BLOCKED) & Q(blocked_at__isnull=True)),
            ),
            models.CheckConstraint(name="password_wrong_tries_are_few", condition=Q(wrong_in_a_row__lt=TRIES)),
        ]
