"""The address to which an undeliverable e-mail comes back: it names the delivery, and nobody can make one up.

Written by what sends e-mails, read by what takes bounces.
"""

import re
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

LONGEST_MAILBOX: Final = 10  # characters before the +: the whole local part has at most 64 (RFC 5321 section 4.5.3.1.1)
_SALT: Final = "notifications.return_path"
_MAC_LENGTH: Final = 20  # hexadecimal digits, 80 bits
_LOCAL_PART: Final = re.compile(r"\+([0-9a-f]{32})\.([0-9a-f]{20})@")


def return_path_of(delivery_id: UUID) -> str:
    """Give the return path of a delivery's e-mail; empty when no mailbox of ours takes bounces.

    Rule: variable envelope return path: RFC 5321 section 4.4 gives the address, RFC 5233 the part after the +.
    """
    mailbox, _, domain = settings.EMAIL_BOUNCE_ADDRESS.partition("@")
    if not domain:
        return ""
    return f"{mailbox}+{delivery_id.hex}.{_mac(delivery_id, settings.SECRET_KEY)}@{domain}"


def delivery_of(addresses: str) -> UUID | None:
    """Find the delivery that an address among ``addresses`` names; ``None`` when none does, or one is made up.

    Case does not count: servers on the way may have changed it.
    """
    for found in _LOCAL_PART.finditer(addresses.lower()):
        delivery_id = UUID(hex=found[1])
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        if any(constant_time_compare(_mac(delivery_id, key), found[2]) for key in keys):
            return delivery_id
    return None


def _mac(delivery_id: UUID, key: str) -> str:
    return salted_hmac(_SALT, delivery_id.bytes, secret=key, algorithm="sha256").hexdigest()[:_MAC_LENGTH]
