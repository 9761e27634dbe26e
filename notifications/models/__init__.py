"""The rows of notifications."""

from notifications.models.delivery import Delivery
from notifications.models.local_message import LocalMessage
from notifications.models.provider_minute import ProviderMinute
from notifications.models.received_sms import ReceivedSms
from notifications.models.sms_opt_out import SmsOptOut

__all__ = ["Delivery", "LocalMessage", "ProviderMinute", "ReceivedSms", "SmsOptOut"]
