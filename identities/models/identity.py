"""A citizen's identity, the user IDs ever used, and the blocks on it."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual
from uuid_utils.compat import uuid7

from identities.models.citizen import Citizen
from identities.rules.user_id import SHORTEST
from identities.states import SUSPICIOUS, AssuranceLevel, BlockReason, BlockSource, IdentityState


class Identity(AbstractBaseUser):
    """Django's user model, for citizens and officers alike: an officer is a citizen with rights in an office.

    ``signed_out_at``: logins, requests and codes of that instant or before are dead by rule (BLK-1).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    citizen = models.OneToOneField(Citizen, on_delete=models.PROTECT, related_name="identity")
    user_id = models.CharField(max_length=48)
    user_id_folded = models.CharField(max_length=48, unique=True)
    state = models.TextField(choices=IdentityState)
    assurance_level = models.PositiveSmallIntegerField(choices=AssuranceLevel)
    language = models.CharField(max_length=2)
    issued_at = models.DateTimeField()
    signed_out_at = models.DateTimeField(null=True)
    last_login = None  # logins are rows of the authentication app

    objects = BaseUserManager["Identity"]()

    USERNAME_FIELD = "user_id_folded"

    class Meta:
        constraints = [
            models.CheckConstraint(name="identity_state_is_known", condition=Q(state__in=IdentityState.values)),
            models.CheckConstraint(
                name="identity_level_is_known", condition=Q(assurance_level__in=AssuranceLevel.values)
            ),
            models.CheckConstraint(name="identity_language_is_known", condition=Q(language__in=["da", "en"])),
            models.CheckConstraint(
                name="identity_user_id_has_at_least_5_characters",
                condition=GreaterThanOrEqual(Length("user_id"), SHORTEST),
            ),
            models.CheckConstraint(
                name="identity_blocked_is_signed_out",
                condition=~Q(state=IdentityState.BLOCKED) | Q(signed_out_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class UsedUserId(models.Model):
    """A user ID that somebody has or had: never given to someone else (UID-4)."""

    user_id_folded = models.CharField(max_length=48, primary_key=True)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="used_user_ids")
    first_used_at = models.DateTimeField()


class TakenAnswer(models.Model):
    """An identity was told that a user ID is taken: counted, so that one login cannot ask through a list (TRY-2)."""

    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="taken_answers")
    told_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["identity", "told_at"], name="taken_answer_by_identity")]


class IdentityBlock(models.Model):
    """One party's block on an identity. Several may stand at once; each keeps who and why (BLK-3).

    Of one party two may: a harmless one, and a graver one that was heard later. None makes another forgotten.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="blocks")
    source = models.TextField(choices=BlockSource)
    reason = models.TextField(choices=BlockReason)
    blocked_at = models.DateTimeField()
    blocked_by = models.UUIDField(null=True)
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="block_source_is_known", condition=Q(source__in=BlockSource.values)),
            models.CheckConstraint(name="block_reason_is_known", condition=Q(reason__in=BlockReason.values)),
            models.CheckConstraint(
                name="block_is_reopened_by_someone_later",
                condition=Q(reopened_at__isnull=True, reopened_by__isnull=True)
                | Q(reopened_at__isnull=False, reopened_by__isnull=False, reopened_at__gte=F("blocked_at")),
            ),
            models.UniqueConstraint(
                name="block_one_harmless_per_source",
                fields=["identity", "source"],
                condition=Q(reopened_at__isnull=True) & ~Q(reason__in=SUSPICIOUS),
            ),
            models.UniqueConstraint(
                name="block_one_suspicious_per_source",
                fields=["identity", "source"],
                condition=Q(reopened_at__isnull=True, reason__in=SUSPICIOUS),
            ),
        ]
        indexes = [models.Index(fields=["identity", "-blocked_at"], name="block_by_identity")]
