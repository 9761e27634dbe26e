"""A change asked for at a first login and not yet confirmed at a second."""

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from identities.models.contact import ContactProof
from identities.models.identity import Identity
from identities.rules.change import COOLING_OFF, WRONG_BLOCK_CODES
from identities.states import AssuranceLevel, CancelledBy, ChangeField, ChangeState


class PendingChange(models.Model):
    """One field's change (CHG-1 to CHG-7). ``new_value_sealed`` is bound to the identity and the field.

    ``first_login_level`` is the most that something enrolled by this change reaches: what waits was made then (LVL-2).

    ``stop_code_verifier`` and ``stop_token_index`` are what the alerts carry, as the database keeps them (CHG-6).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="pending_changes")
    field = models.TextField(choices=ChangeField)
    new_value_sealed = models.BinaryField()
    proof = models.OneToOneField(ContactProof, null=True, on_delete=models.PROTECT)
    state = models.TextField(choices=ChangeState, default=ChangeState.PENDING)
    requested_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    first_login_id = models.UUIDField()
    first_login_level = models.PositiveSmallIntegerField(choices=AssuranceLevel)
    second_login_id = models.UUIDField(null=True)
    second_login_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cancelled_by = models.TextField(choices=CancelledBy, null=True)  # noqa: DJ001 - NULL is "nobody", and checked
    stop_code_verifier = models.BinaryField()
    stop_token_index = models.BinaryField(unique=True)
    wrong_stop_codes = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="change_field_is_known", condition=Q(field__in=ChangeField.values)),
            models.CheckConstraint(
                name="change_first_login_level_is_known", condition=Q(first_login_level__in=AssuranceLevel.values)
            ),
            models.CheckConstraint(name="change_state_is_known", condition=Q(state__in=ChangeState.values)),
            models.CheckConstraint(
                name="change_waits_at_least_one_hour",
                condition=Q(opens_at__gte=F("requested_at") + COOLING_OFF),
            ),
            models.CheckConstraint(name="change_closes_after_it_opens", condition=Q(closes_at__gt=F("opens_at"))),
            models.CheckConstraint(
                name="change_of_a_contact_is_proven",
                condition=Q(field__in=[ChangeField.PHONE, ChangeField.EMAIL], proof__isnull=False)
                | (~Q(field__in=[ChangeField.PHONE, ChangeField.EMAIL]) & Q(proof__isnull=True)),
            ),
            models.CheckConstraint(
                name="change_confirmed_by_a_later_login",
                condition=(
                    Q(
                        state=ChangeState.CONFIRMED,
                        second_login_at__isnull=False,
                        second_login_id__isnull=False,
                        second_login_at__gte=F("opens_at"),
                        second_login_at__lt=F("closes_at"),
                        ended_at__lt=F("closes_at"),
                    )
                    & ~Q(second_login_id=F("first_login_id"))
                )
                | (~Q(state=ChangeState.CONFIRMED) & Q(second_login_id__isnull=True, second_login_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="change_ended_at_is_set_when_ended",
                condition=Q(state=ChangeState.PENDING, ended_at__isnull=True)
                | (~Q(state=ChangeState.PENDING) & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="change_cancelled_by_someone",
                condition=Q(
                    state=ChangeState.CANCELLED,
                    cancelled_by__isnull=False,
                    cancelled_by__in=CancelledBy.values,
                )
                | (~Q(state=ChangeState.CANCELLED) & Q(cancelled_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="change_wrong_stop_codes_are_few", condition=Q(wrong_stop_codes__lte=WRONG_BLOCK_CODES)
            ),
            models.UniqueConstraint(
                name="change_one_pending_per_field",
                fields=["identity", "field"],
                condition=Q(state=ChangeState.PENDING),
            ),
        ]
        indexes = [
            models.Index(fields=["identity", "-requested_at"], name="change_by_identity"),
            models.Index(fields=["closes_at"], name="change_due_to_expire", condition=Q(state="pending")),
        ]
