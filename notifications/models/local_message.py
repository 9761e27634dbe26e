"""What the local transports delivered: demo and tests only, for the texts stand here in the clear."""

from django.db import models
from django.db.models import Q

from notifications.states import Channel


class LocalMessage(models.Model):
    """One message on the demo's phones and mailboxes."""

    id = models.BigAutoField(primary_key=True)
    delivery_id = models.UUIDField(unique=True)
    at = models.DateTimeField()
    channel = models.CharField(max_length=8, choices=[(channel.value, channel.value) for channel in Channel])
    to = models.CharField(max_length=254)
    subject = models.TextField(blank=True)
    text = models.TextField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="local_message_channel_is_known", condition=Q(channel__in=[Channel.SMS, Channel.EMAIL])
            ),
        ]
