"""The versions of the named keys."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from hsm.states import SIGNING, KeyName, KeyState


class KeyVersion(models.Model):
    """One version of a named key; the token knows it as ``name.version``.

    A pair whose algorithm the module lacks has its private half here, encrypted inside the module under a version
    of ``data-wrap``.
    """

    name = models.CharField(max_length=32, choices=[(name.value, name.value) for name in KeyName])
    version = models.PositiveIntegerField()
    algorithm = models.CharField(max_length=32)
    """By name, open-ended: a new algorithm needs no migration (docs/decisions/0075)."""
    state = models.CharField(max_length=16, choices=[(state.value, state.value) for state in KeyState])
    since = models.DateTimeField(db_default=Now())
    """When it came into its present state."""
    public_key = models.BinaryField(null=True)
    """DER SubjectPublicKeyInfo of a pair, so that what it signed is verified while the module is away."""
    wrapped_private = models.BinaryField(null=True)
    wrapped_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    voucher = models.BinaryField(default=bytes)
    """What the module made over the row (hsm/vouching.py)."""

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
                name="key_version_names_its_algorithm", condition=Q(algorithm__regex=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")
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
            models.CheckConstraint(
                name="key_version_private_half_is_wrapped",
                condition=Q(wrapped_private__isnull=True, wrapped_by__isnull=True)
                | (
                    Q(name__in=sorted(SIGNING), wrapped_private__isnull=False, wrapped_by__isnull=False)
                    & ~Q(state=KeyState.DESTROYED)
                ),
            ),
        ]
