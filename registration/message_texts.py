"""The words for deliveries on the pages of operators and of support."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from notifications.api import Channel, DeliveryState, MessageKind, Priority, ResendReason, ResendRefusal
from registration.texts import Text

CHANNELS: Final[Mapping[Channel, Text]] = {
    Channel.SMS: _("SMS"),
    Channel.EMAIL: _("E-mail"),
    Channel.APP: _("The app"),
}
PRIORITIES: Final[Mapping[Priority, Text]] = {
    Priority.CODE: _("Codes"),
    Priority.ALERT: _("Alerts"),
    Priority.NEWS: _("News"),
}
STATES: Final[Mapping[DeliveryState, Text]] = {
    DeliveryState.HELD: _("Held back"),
    DeliveryState.QUEUED: _("Waiting"),
    DeliveryState.CLAIMED: _("Waiting"),
    DeliveryState.SENT: _("Sent"),
    DeliveryState.DELIVERED: _("Delivered"),
    DeliveryState.GIVEN_UP: _("Given up"),
    DeliveryState.NOT_NEEDED: _("Not needed"),
}
MESSAGES: Final[Mapping[MessageKind, Text]] = {
    MessageKind.CONTACT_CODE: _("Code that proves a contact"),
    MessageKind.IDENTITY_ISSUED: _("Identity issued"),
    MessageKind.AUTHENTICATOR_ACTIVATED: _("Authenticator activated"),
    MessageKind.AUTHENTICATOR_BLOCKED: _("Authenticator blocked"),
    MessageKind.AUTHENTICATOR_SUSPENDED: _("Authenticator suspended"),
    MessageKind.AUTHENTICATOR_REOPENED: _("Authenticator open again"),
    MessageKind.APP_COPIED: _("App on a new phone"),
    MessageKind.CODE_ISSUED: _("Tells that a code was issued"),
    MessageKind.ACTIVATION_CODE: _("Activation code"),
    MessageKind.TEMPORARY_PIN: _("The app's temporary PIN"),
    MessageKind.SIMULTANEOUS_REQUESTS: _("Simultaneous requests"),
    MessageKind.CHANGE_REQUESTED: _("Change requested"),
    MessageKind.CHANGE_STILL_WAITS: _("A change waits that a word to the carrier did not stop"),
    MessageKind.WRONG_REPLIES: _("Many wrong answers to a text message"),
    MessageKind.CHANGE_RAN_OUT: _("Change ran out before its alert was sent"),
    MessageKind.CHANGE_CONFIRMED: _("Change made"),
    MessageKind.CHANGE_STOPPED: _("Change stopped"),
    MessageKind.IDENTITY_BLOCKED: _("Identity blocked"),
    MessageKind.IDENTITY_REOPENED: _("Identity reopened"),
    MessageKind.TEXTS_STOPPED: _("Text messages were stopped from the phone"),
    MessageKind.OFFICER_ACTED: _("Act of an officer"),
    MessageKind.REPLY_STOPPED: _("Answer to a reply that stopped a change"),
    MessageKind.REPLY_TOO_LATE: _("Answer to a reply that came after the change was made"),
    MessageKind.REPLY_RAN_OUT: _("Answer to a reply that came after the change ran out"),
    MessageKind.REPLY_STOPPED_ONLY: _("Answer to a reply that stopped a change and may not block"),
    MessageKind.REPLY_BLOCKED: _("Answer to a reply that blocked"),
    MessageKind.REPLY_NOT_UNDERSTOOD: _("Answer to a reply that was not understood"),
    MessageKind.HEARTBEAT: _("Heartbeat for operations"),
}
RESEND_REASONS: Final[Mapping[ResendReason, Text]] = {
    ResendReason.PROVIDER_REPAIRED: _("The provider works again"),
    ResendReason.SETTINGS_REPAIRED: _("Our settings are put right"),
    ResendReason.ADDRESS_REACHABLE_AGAIN: _("The address can be reached again"),
    ResendReason.CITIZEN_ASKED: _("The citizen asked for it"),
}
RESEND_REFUSALS: Final[Mapping[ResendRefusal, Text]] = {
    ResendRefusal.UNKNOWN: _("There is no such message."),
    ResendRefusal.NOT_GIVEN_UP: _("The message was not given up: it is still on its way, or it arrived."),
    ResendRefusal.REPLACED: _("Another copy has taken its place already."),
    ResendRefusal.WORDS_DROPPED: _("It is so old that its words are gone. Tell the citizen in another way."),
    ResendRefusal.NO_LONGER_USEFUL: _("The code in it is no longer valid. The citizen asks for a new one."),
    ResendRefusal.SEAL_BROKEN: _("The message cannot be opened, and so not sent. Tell the security officer."),
}
