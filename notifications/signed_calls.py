"""Whether a call comes from a provider that shares a secret with us and has no signature of its own making."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from django.http import HttpRequest

TIMESTAMP_HEADER: Final = "X-Timestamp"
SIGNATURE_HEADER: Final = "X-Signature"
REPLAY_WINDOW: Final = timedelta(minutes=5)
LONGEST_TIMESTAMP: Final = 12  # digits


def signature_of(*, secret: str, timestamp: str, body: bytes) -> str:
    """Give the signature over time and body: HMAC-SHA256 (RFC 2104) over ``timestamp``, a full stop and ``body``.

    Units: ``timestamp`` in seconds since 1970, in decimal; the result in lower-case hexadecimal.
    """
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, sha256).hexdigest()


def is_signed_call(request: HttpRequest, *, secret: str, now: datetime) -> bool:
    """Tell whether the body was signed with ``secret`` at most five minutes before or after ``now``.

    Within these minutes a copy passes again: what a call does must be the same twice. No secret, no call.
    """
    timestamp = request.headers.get(TIMESTAMP_HEADER, "")
    if not secret or not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= LONGEST_TIMESTAMP):
        return False
    if abs(now.timestamp() - int(timestamp)) > REPLAY_WINDOW.total_seconds():
        return False
    given = request.headers.get(SIGNATURE_HEADER, "").encode()
    return hmac.compare_digest(signature_of(secret=secret, timestamp=timestamp, body=request.body).encode(), given)
