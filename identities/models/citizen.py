"""The natural person behind an identity, as the civil register knows them."""

from django.db import models
from uuid_utils.compat import uuid7


class Citizen(models.Model):
    """A person who holds or applies for an identity.

    Sealed columns are bound to this row's id. ``address_sealed`` is empty for people whose name and address are
    protected: what is not stored cannot be shown.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name_sealed = models.BinaryField()
    cpr_number_sealed = models.BinaryField(null=True)
    cpr_number_index = models.BinaryField(null=True, unique=True)
    born_on_sealed = models.BinaryField()
    address_sealed = models.BinaryField(null=True)
    is_name_protected = models.BooleanField(default=False)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="citizen_cpr_number_is_sealed_and_indexed_together",
                condition=models.Q(cpr_number_sealed__isnull=True, cpr_number_index__isnull=True)
                | models.Q(cpr_number_sealed__isnull=False, cpr_number_index__isnull=False),
            ),
        ]
