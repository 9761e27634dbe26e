"""Data keys: made here, wrapped by the module, used in memory."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Now

from hsm.models.key_version import KeyVersion
from hsm.states import KeyState

models.BinaryField.register_lookup(Length)

WRAPPED_BYTES = 12 + 32 + 16
"""Nonce, AES-256 key, tag."""


class DataKey(models.Model):
    """One AES-256 key for sealed columns, encrypted under a version of ``data-wrap``."""

    version = models.PositiveIntegerField(primary_key=True)
    state = models.CharField(max_length=16, choices=[(state.value, state.value) for state in KeyState])
    since = models.DateTimeField(db_default=Now())
    """When it came into its present state."""
    wrapped = models.BinaryField()
    wrapped_by = models.ForeignKey(KeyVersion, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    voucher = models.BinaryField(default=bytes)
    """What the module made over the row (hsm/vouching.py)."""

    class Meta:
        constraints = [
            models.UniqueConstraint(name="data_key_one_active", fields=["state"], condition=Q(state=KeyState.ACTIVE)),
            models.UniqueConstraint(name="data_key_one_next", fields=["state"], condition=Q(state=KeyState.NEXT)),
            models.CheckConstraint(
                name="data_key_has_known_state", condition=Q(state__in=[state.value for state in KeyState])
            ),
            models.CheckConstraint(
                name="data_key_version_fits_two_bytes", condition=Q(version__gte=1, version__lte=65_535)
            ),
            models.CheckConstraint(
                name="data_key_is_wrapped_until_destroyed",
                condition=(~Q(state=KeyState.DESTROYED) & Q(wrapped__length=WRAPPED_BYTES))
                | Q(state=KeyState.DESTROYED, wrapped=b""),
            ),
        ]
