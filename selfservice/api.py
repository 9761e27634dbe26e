"""The door of self-service: what the project above may use."""

from selfservice.states import SmsReplyOutcome
from selfservice.usecases.take_sms_reply import take_sms_reply

__all__ = ["SmsReplyOutcome", "take_sms_reply"]
