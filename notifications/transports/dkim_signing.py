"""The mark by which a receiver knows that an e-mail comes from our domain and was not changed (RFC 6376)."""

import functools
from pathlib import Path
from typing import Final

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

LEAST_BITS: Final = 2048  # RFC 8301 section 3.2
_SIGNED: Final = (
    "from", "to", "subject", "date", "message-id", "auto-submitted",
    "mime-version", "content-type", "content-transfer-encoding", "content-language",
)  # fmt: skip
# Signed once more than they stand there: a second one, added on the way, breaks the signature (section 8.15).
_ONCE_ONLY: Final = ("from", "to", "subject", "date", "message-id", "content-type")
_READABLE_BY_OTHERS: Final = 0o007


def signature_header(raw: bytes) -> bytes:
    """Give the DKIM-Signature header over ``raw``, with its line end; nothing when no key is set.

    Rule:   RFC 6376, rsa-sha256, relaxed/relaxed: relays may fold headers and change blanks at line ends.
    Raises: OSError when the key's file is gone; dkim.DKIMException.
    """
    if not settings.EMAIL_DKIM_KEY_FILE:
        return b""
    path = Path(settings.EMAIL_DKIM_KEY_FILE)
    signature: bytes = dkim.DKIM(raw).sign(
        settings.EMAIL_DKIM_SELECTOR.encode("ascii"),
        settings.EMAIL_DKIM_DOMAIN.encode("ascii"),
        _key_in(path, path.stat().st_mtime_ns),
        signature_algorithm=b"rsa-sha256",
        canonicalize=(dkim.Relaxed, dkim.Relaxed),
        include_headers=[*_SIGNED, *_ONCE_ONLY],
    )
    return signature


@functools.lru_cache(maxsize=2)
def _key_in(path: Path, _changed_at: int) -> bytes:
    """Read the key; a file that was replaced is read again, so that a key is changed without a restart."""
    return path.read_bytes()


def fault_of_key(path: Path) -> str | None:
    """Tell what keeps the key in a file from being used; ``None`` when nothing does."""
    try:
        if path.stat().st_mode & _READABLE_BY_OTHERS:
            return "everybody on the machine may use the file"
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as fault:
        return f"the file cannot be read ({type(fault).__name__})"
    except (ValueError, TypeError):  # TypeError: it is encrypted
        return "the file holds no private key in PEM without a password"
    if not isinstance(key, RSAPrivateKey):
        return "it is not an RSA key"
    return f"the key has {key.key_size} bits" if key.key_size < LEAST_BITS else None
