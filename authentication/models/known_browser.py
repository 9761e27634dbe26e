"""What tells an owner from a stranger who knows only a user ID (APR-5, TRY-2)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7


class KnownBrowser(models.Model):
    """A browser in which an identity logged in. Its cookie is not kept, only a keyed hash of it.

    It opens nothing: it may take the app's one place from a stranger, and counts wrong codes for itself.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="known_browsers")
    token_index = models.CharField(max_length=64)
    last_used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="browser_known_once_per_identity", fields=["token_index", "identity"]),
        ]
        indexes = [models.Index(fields=["last_used_at"], name="browser_by_age")]


class OpeningCode(models.Model):
    """A code on its owner's phone that takes the app's one place from a stranger, once (APR-5)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="opening_codes")
    app = models.OneToOneField("identities.App", on_delete=models.PROTECT, related_name="opening_code")
    code_index = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="opening_code_expires_later", condition=Q(expires_at__gt=F("issued_at"))),
            models.CheckConstraint(
                name="opening_code_used_in_time",
                condition=Q(used_at__isnull=True) | Q(used_at__gte=F("issued_at"), used_at__lt=F("expires_at")),
            ),
        ]
        indexes = [models.Index(fields=["identity"], name="opening_code_by_identity")]
