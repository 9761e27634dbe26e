"""Phones and mailboxes of the demo and the tests: a table that a page shows. Never in production."""

from notifications.models import LocalMessage
from notifications.states import Channel
from notifications.transports import Accepted, OutgoingEmail, OutgoingSms


class LocalSms:
    """Puts text messages on the demo's phones."""

    def send(self, message: OutgoingSms) -> Accepted:
        """Return when the message is on the phone; a second copy of a delivery changes nothing."""
        LocalMessage.objects.get_or_create(
            delivery_id=message.delivery_id,
            defaults={"at": message.at, "channel": Channel.SMS, "to": message.to, "text": message.text},
        )
        return Accepted(f"local:{message.delivery_id}")


class LocalEmail:
    """Puts e-mails in the demo's mailboxes."""

    def send(self, message: OutgoingEmail) -> Accepted:
        """Return when the message is in the mailbox; a second copy of a delivery changes nothing."""
        LocalMessage.objects.get_or_create(
            delivery_id=message.delivery_id,
            defaults={
                "at": message.at,
                "channel": Channel.EMAIL,
                "to": message.to,
                "subject": message.subject,
                "text": message.text,
            },
        )
        return Accepted(f"local:{message.delivery_id}")
