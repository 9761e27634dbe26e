"""Phones and mailboxes of the demo and the tests: a table that a page shows. Never in production."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from notifications.models import LocalMessage
from notifications.states import Channel, ReportStatus
from notifications.transports import Accepted, OutgoingEmail, OutgoingSms, ProviderReport

LOCAL: Final = "local"


class LocalSms:
    """Puts text messages on the demo's phones."""

    name = LOCAL
    gives_receipts = False  # a message is on the phone when it is sent

    def send(self, message: OutgoingSms) -> Accepted:
        """Return when the message is on the phone; a second copy of a delivery changes nothing."""
        LocalMessage.objects.get_or_create(
            delivery_id=message.delivery_id,
            defaults={"at": message.at, "channel": Channel.SMS, "to": message.to, "text": message.text},
        )
        return Accepted(f"local:{message.delivery_id}")

    def find(
        self,
        message: OutgoingSms,
        *,
        since: datetime,  # noqa: ARG002 - the table knows deliveries by their ids
        is_taken: Callable[[str], bool],  # noqa: ARG002 - and so mistakes none for another
    ) -> Accepted | None:
        """Tell whether the message is on its phone."""
        if LocalMessage.objects.filter(delivery_id=message.delivery_id).exists():
            return Accepted(f"local:{message.delivery_id}")
        return None

    def report_of(self, provider_reference: str) -> ProviderReport | None:
        """Tell that the message arrived, if it did."""
        delivery_id = provider_reference.removeprefix("local:")
        if LocalMessage.objects.filter(delivery_id=delivery_id).exists():
            return ProviderReport(ReportStatus.DELIVERED)
        return None


class LocalEmail:
    """Puts e-mails in the demo's mailboxes."""

    name = LOCAL
    gives_receipts = False

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
