"""The chip: a FIDO2 authenticator (WebAuthn), used with the password (AUT-1, APR-7)."""

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7

from identities.models.identity import Identity
from identities.models.suspension import Suspendable, suspended_by_someone
from identities.states import AssuranceLevel, AuthenticatorState


class Chip(Suspendable):
    """One credential. The same hardware may be enrolled anew after a block: that is a fresh key and another row."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="chips")
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()  # COSE_Key (RFC 9052)
    aaguid = models.UUIDField()
    sign_count = models.BigIntegerField()
    transports = models.JSONField(default=list)
    state = models.TextField(choices=AuthenticatorState, default=AuthenticatorState.ACTIVE)
    enrolled_level = models.PositiveSmallIntegerField(choices=AssuranceLevel)
    activated_at = models.DateTimeField()
    blocked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="chip_state_is_known", condition=Q(state__in=AuthenticatorState.values)),
            suspended_by_someone("chip_suspended_by_someone"),
            models.CheckConstraint(name="chip_level_is_known", condition=Q(enrolled_level__in=AssuranceLevel.values)),
            models.CheckConstraint(name="chip_sign_count_is_unsigned", condition=Q(sign_count__gte=0)),
            models.CheckConstraint(
                name="chip_blocked_at_is_set_when_blocked",
                condition=Q(state=AuthenticatorState.BLOCKED, blocked_at__isnull=False)
                | (~Q(state=AuthenticatorState.BLOCKED) & Q(blocked_at__isnull=True)),
            ),
            models.UniqueConstraint(
                name="chip_one_per_identity",
                fields=["identity"],
                condition=~Q(state=AuthenticatorState.BLOCKED),
            ),
        ]
