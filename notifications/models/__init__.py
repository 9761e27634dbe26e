"""The rows of notifications."""

from notifications.models.delivery import Delivery
from notifications.models.local_message import LocalMessage
from notifications.models.received_sms import ReceivedSms

__all__ = ["Delivery", "LocalMessage", "ReceivedSms"]
