"""The door of notifications: what the apps above may use."""

from notifications.inbound import InboundSms, read_inbound_sms
from notifications.messages import (
    AuthenticatorActivated,
    AuthenticatorBlocked,
    ChangeConfirmed,
    ChangeRequested,
    ChangeStopped,
    CodeIssued,
    ContactCode,
    IdentityBlocked,
    IdentityIssued,
    IdentityReopened,
    Message,
    OfficerActed,
    ReplyBlocked,
    ReplyNotUnderstood,
    ReplyStopped,
)
from notifications.queries import DeliveryLine, LocalMessage, contacts_given_up, deliveries_of, local_messages
from notifications.rendering import MessageFault
from notifications.rules.addresses import normal_email, normal_phone
from notifications.rules.replies import BlockReply, StopReply, parse_reply
from notifications.states import Channel, DeliveryState, Language, MessageKind
from notifications.steps import Address, enqueue, note_inbound_sms

__all__ = [
    "Address",
    "AuthenticatorActivated",
    "AuthenticatorBlocked",
    "BlockReply",
    "ChangeConfirmed",
    "ChangeRequested",
    "ChangeStopped",
    "Channel",
    "CodeIssued",
    "ContactCode",
    "DeliveryLine",
    "DeliveryState",
    "IdentityBlocked",
    "IdentityIssued",
    "IdentityReopened",
    "InboundSms",
    "Language",
    "LocalMessage",
    "Message",
    "MessageFault",
    "MessageKind",
    "OfficerActed",
    "ReplyBlocked",
    "ReplyNotUnderstood",
    "ReplyStopped",
    "StopReply",
    "contacts_given_up",
    "deliveries_of",
    "enqueue",
    "local_messages",
    "normal_email",
    "normal_phone",
    "note_inbound_sms",
    "parse_reply",
    "read_inbound_sms",
]
