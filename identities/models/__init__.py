"""Rows of the identities app, one module per aggregate."""

from identities.models.activation_code import ActivationCode
from identities.models.citizen import Citizen
from identities.models.contact import ContactPoint, ContactProof
from identities.models.device import CodeDisplay, DisplayTries, PasswordFactor
from identities.models.identity import Identity, IdentityBlock, TakenAnswer, UsedUserId
from identities.models.pending_change import PendingChange

__all__ = [
    "ActivationCode",
    "Citizen",
    "CodeDisplay",
    "ContactPoint",
    "ContactProof",
    "DisplayTries",
    "Identity",
    "IdentityBlock",
    "PasswordFactor",
    "PendingChange",
    "TakenAnswer",
    "UsedUserId",
]
