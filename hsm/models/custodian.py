"""Who may sign a ceremony."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from hsm.states import CustodianState

models.BinaryField.register_lookup(Length)

PUBLIC_KEY_BYTES = 32
"""Ed25519, as RFC 8032 §5.1.5 writes it."""


class Custodian(models.Model):
    """One of the people of whom two sign every ceremony; known by a label, the private key is theirs alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    label = models.CharField(max_length=16, unique=True)
    public_key = models.BinaryField(unique=True)
    state = models.CharField(max_length=16, choices=[(state.value, state.value) for state in CustodianState])
    enrolled_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True)
    voucher = models.BinaryField(default=bytes)
    """What the module made over the row (hsm/vouching.py)."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="custodian_has_a_short_label", condition=Q(label__regex=r"^[a-z][a-z0-9-]{0,15}$")
            ),
            models.CheckConstraint(
                name="custodian_public_key_is_whole", condition=Q(public_key__length=PUBLIC_KEY_BYTES)
            ),
            models.CheckConstraint(
                name="custodian_has_known_state", condition=Q(state__in=[state.value for state in CustodianState])
            ),
            models.CheckConstraint(
                name="custodian_dismissal_has_its_time",
                condition=Q(state=CustodianState.ACTIVE, dismissed_at__isnull=True)
                | Q(
                    state=CustodianState.DISMISSED,
                    dismissed_at__isnull=False,
                    dismissed_at__gte=models.F("enrolled_at"),
                ),
            ),
        ]
