"""Which text messages were acted on, so that a second copy from the provider is not."""

from django.db import models
from django.db.models import Q


class ReceivedSms(models.Model):
    """One text message that came in, known by the provider's id alone: neither sender nor words are kept."""

    provider_id = models.CharField(max_length=64, primary_key=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="received_sms_provider_id_is_plain",
                condition=Q(provider_id__regex=r"^[A-Za-z0-9_-]{1,64}$"),
            ),
        ]
