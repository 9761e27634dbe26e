"""The versions of the module's named keys."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from hsm.states import SIGNING, KeyName, KeyState


class KeyVersion(models.Model):
    """One version of a named key; the token knows it as ``name.version``."""

    name = models.CharField(max_length=32, choices=[(name.value, name.value) for name in KeyName])
    version = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=[(state.value, state.value) for state in KeyState])
    public_key = models.BinaryField(null=True)
    """DER SubjectPublicKeyInfo of a pair, so that what it signed is verified while the module is away."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="key_version_once_per_name", fields=["name", "version"]),
            models.UniqueConstraint(
                name="key_version_one_active_per_name",
                fields=["name"],
                condition=Q(state=KeyState.ACTIVE),
            ),
            models.UniqueConstraint(
                name="key_version_one_next_per_name", fields=["name"], condition=Q(state=KeyState.NEXT)
            ),
            models.CheckConstraint(
                name="key_version_has_known_name", condition=Q(name__in=[name.value for name in KeyName])
            ),
            models.CheckConstraint(
                name="key_version_has_known_state", condition=Q(state__in=[state.value for state in KeyState])
            ),
            models.CheckConstraint(name="key_version_fits_two_bytes", condition=Q(version__gte=1, version__lte=65_535)),
            models.CheckConstraint(
                name="key_version_of_a_pair_has_its_public_key",
                condition=Q(name__in=sorted(SIGNING), public_key__isnull=False)
                | (~Q(name__in=sorted(SIGNING)) & Q(public_key__isnull=True)),
            ),
        ]
