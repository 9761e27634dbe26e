"""Numbers whose owners told their carrier that they want no more text messages of ours."""

from django.db import models
from django.db.models import Q
from uuid_utils.compat import uuid7


class SmsOptOut(models.Model):
    """A copy of one line of one provider's list: it refuses us there, so another way is used.

    Neither whose number it is nor why is known here. The number is sealed, so that its index can be made anew.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    phone_sealed = models.BinaryField()
    phone_index = models.BinaryField()
    provider = models.CharField(max_length=16)  # who was told, and so refuses; another provider has not been
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="sms_opt_out_columns_are_filled", condition=~Q(phone_sealed=b"") & ~Q(phone_index=b"")
            ),
            models.CheckConstraint(
                name="sms_opt_out_provider_is_a_code", condition=Q(provider__regex=r"^[a-z][a-z0-9_]{0,15}$")
            ),
            models.UniqueConstraint(name="sms_opt_out_is_one_a_provider", fields=["phone_index", "provider"]),
        ]
