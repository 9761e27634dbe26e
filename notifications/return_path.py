"""The address to which an undeliverable e-mail comes back: it names the attempt, and nobody can make one up.

Written by what sends e-mails, read by what takes bounces.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

LONGEST_MAILBOX: Final = 10  # characters before the +: the whole local part has at most 64 (RFC 5321 section 4.5.3.1.1)
_SALT: Final = "notifications.return_path"
_MAC_BYTES: Final = 10
# Base32 (RFC 4648 section 6), in which case does not count and which leaves room for the attempt.
_LOCAL_PART: Final = re.compile(r"\+([a-z2-7]{26})\.([1-9][0-9]{0,8})\.([a-z2-7]{16})@")


@dataclass(frozen=True)
class SentEmail:
    """One attempt at one delivery, as its return path names it."""

    delivery_id: UUID
    attempt: int

    @property
    def reference(self) -> str:
        """What stands for a provider's own name of the e-mail: each attempt has another."""
        return f"{self.delivery_id}.{self.attempt}"


def return_path_of(email: SentEmail) -> str:
    """Give the return path of an e-mail; empty when no mailbox of ours takes bounces.

    Rule: variable envelope return path: RFC 5321 section 4.4 gives the address, RFC 5233 the part after the +.
    """
    mailbox, _, domain = settings.EMAIL_BOUNCE_ADDRESS.partition("@")
    if not domain:
        return ""
    return f"{mailbox}+{_letters(email.delivery_id.bytes)}.{email.attempt}.{_mac(email, settings.SECRET_KEY)}@{domain}"


def email_of(addresses: str) -> SentEmail | None:
    """Find the e-mail that an address among ``addresses`` names; ``None`` when none does, or one is made up.

    Case does not count: servers on the way may have changed it.
    """
    for found in _LOCAL_PART.finditer(addresses.lower()):
        try:
            delivery_id = UUID(bytes=base64.b32decode(f"{found[1].upper()}======"))
        except (binascii.Error, ValueError):
            continue
        email = SentEmail(delivery_id, int(found[2]))
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        if any(constant_time_compare(_mac(email, key), found[3]) for key in keys):
            return email
    return None


def _mac(email: SentEmail, key: str) -> str:
    mac = salted_hmac(_SALT, email.reference, secret=key, algorithm="sha256").digest()
    return _letters(mac[:_MAC_BYTES])


def _letters(raw: bytes) -> str:
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()
