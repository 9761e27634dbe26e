"""Rows of the identities app, one module per aggregate."""

from identities.models.activation_code import ActivationCode
from identities.models.app import App, AppEnrolment, CopyTicket
from identities.models.chip import Chip
from identities.models.citizen import Citizen
from identities.models.contact import ContactPoint, ContactProof
from identities.models.device import CodeDevice, DeviceTries, PasswordFactor
from identities.models.identity import Identity, IdentityBlock, TakenAnswer, UsedUserId
from identities.models.pending_change import PendingChange

__all__ = [
    "ActivationCode",
    "App",
    "AppEnrolment",
    "Chip",
    "Citizen",
    "CodeDevice",
    "ContactPoint",
    "ContactProof",
    "CopyTicket",
    "DeviceTries",
    "Identity",
    "IdentityBlock",
    "PasswordFactor",
    "PendingChange",
    "TakenAnswer",
    "UsedUserId",
]
