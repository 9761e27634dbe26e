"""Phones and e-mail addresses, and the proof that their holder has them."""

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from identities.models.identity import Identity
from identities.rules.codes import CONTACT_CODE_TRIES
from identities.states import ContactKind, ContactState, ProofState


class ContactProof(models.Model):
    """A code sent to a new contact, which whoever holds the contact types back (CHG-1).

    ``owner_id`` is the proofing case or the identity that asks: an opaque reference, and what the seal is bound to.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner_id = models.UUIDField()
    kind = models.TextField(choices=ContactKind)
    value_sealed = models.BinaryField()
    value_index = models.BinaryField()
    code_verifier = models.BinaryField()
    state = models.TextField(choices=ProofState, default=ProofState.OPEN)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    proven_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="proof_kind_is_known", condition=Q(kind__in=ContactKind.values)),
            models.CheckConstraint(name="proof_state_is_known", condition=Q(state__in=ProofState.values)),
            models.CheckConstraint(name="proof_wrong_tries_are_few", condition=Q(wrong_tries__lte=CONTACT_CODE_TRIES)),
            models.CheckConstraint(
                name="proof_open_has_tries_left",
                condition=~Q(state=ProofState.OPEN) | Q(wrong_tries__lt=CONTACT_CODE_TRIES),
            ),
            models.CheckConstraint(name="proof_expires_later", condition=Q(expires_at__gt=F("sent_at"))),
            models.CheckConstraint(
                name="proof_proven_at_is_set_when_proven",
                condition=Q(state__in=[ProofState.PROVEN, ProofState.USED], proven_at__isnull=False)
                | Q(state__in=[ProofState.OPEN, ProofState.DEAD], proven_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="proof_one_open_per_owner_and_kind",
                fields=["owner_id", "kind"],
                condition=Q(state=ProofState.OPEN),
            ),
        ]
        indexes = [models.Index(fields=["owner_id", "kind", "-sent_at"], name="proof_by_owner")]


class ContactPoint(models.Model):
    """A proven phone number or e-mail address. ``registered_at`` starts the 120 hours of SEC-7."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="contact_points")
    kind = models.TextField(choices=ContactKind)
    value_sealed = models.BinaryField()
    value_index = models.BinaryField()
    state = models.TextField(choices=ContactState, default=ContactState.ACTIVE)
    is_first = models.BooleanField()
    registered_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="contact_kind_is_known", condition=Q(kind__in=ContactKind.values)),
            models.CheckConstraint(name="contact_state_is_known", condition=Q(state__in=ContactState.values)),
            models.CheckConstraint(
                name="contact_replaced_at_is_set_when_replaced",
                condition=Q(state=ContactState.REPLACED, replaced_at__isnull=False)
                | Q(state=ContactState.ACTIVE, replaced_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="contact_one_active_per_kind",
                fields=["identity", "kind"],
                condition=Q(state=ContactState.ACTIVE),
            ),
        ]
        indexes = [models.Index(fields=["value_index"], name="contact_by_value")]
