"""What two custodians did together."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length

from hsm.models.custodian import Custodian
from hsm.states import ACTS_ON_A_CUSTODIAN, ACTS_ON_A_KEY, Act

models.BinaryField.register_lookup(Length)

SIGNATURE_BYTES = 64
"""Ed25519, RFC 8032 §5.1.6."""


class Ceremony(models.Model):
    """One ceremony, append-only by trigger: the order, and both custodians' signatures over exactly its text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField()
    act = models.CharField(max_length=32, choices=[(act.value, act.value) for act in Act])
    key = models.CharField(max_length=32, null=True)  # noqa: DJ001 - no key is no empty name
    version = models.PositiveIntegerField(null=True)
    about = models.ForeignKey(Custodian, on_delete=models.PROTECT, null=True, related_name="+")
    """The custodian who is enrolled or dismissed."""
    order = models.TextField(unique=True)
    """The signed text; it holds a nonce, so that no order is carried out twice."""
    first = models.ForeignKey(Custodian, on_delete=models.PROTECT, related_name="+")
    first_signature = models.BinaryField()
    second = models.ForeignKey(Custodian, on_delete=models.PROTECT, related_name="+")
    second_signature = models.BinaryField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="ceremony_has_known_act", condition=Q(act__in=[act.value for act in Act])),
            models.CheckConstraint(name="ceremony_has_two_custodians", condition=~Q(first=F("second"))),
            models.CheckConstraint(
                name="ceremony_signatures_are_whole",
                condition=Q(first_signature__length=SIGNATURE_BYTES, second_signature__length=SIGNATURE_BYTES),
            ),
            models.CheckConstraint(name="ceremony_has_its_order", condition=~Q(order="")),
            models.CheckConstraint(
                name="ceremony_names_what_it_is_about",
                condition=Q(act__in=sorted(ACTS_ON_A_KEY), key__isnull=False, version__isnull=False, about__isnull=True)
                | Q(act__in=sorted(ACTS_ON_A_CUSTODIAN), key__isnull=True, version__isnull=True, about__isnull=False)
                | Q(act=Act.FOUND, key__isnull=True, version__isnull=True, about__isnull=True),
            ),
        ]
        indexes = [models.Index(name="ceremony_by_time", fields=["-at"])]
