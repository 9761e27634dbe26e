"""A custodian's own key: Ed25519 in a PKCS#8 file that a passphrase opens. It never comes near the database."""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from hsm.orders import Order, Signed

LEAST_PASSPHRASE: Final = 12
OWNER_ONLY: Final = 0o600


class KeyFileUnusable(Exception):  # noqa: N818 - says what is the matter
    """A custodian's file cannot be read, opened or written."""


def make_key_file(path: Path, passphrase: str) -> bytes:
    """Have a new key in a new file, and its public half beside it with ``.pub`` behind the name.

    Returns: the public half, 32 bytes.
    Raises:  ValueError for a short passphrase; KeyFileUnusable when a file is there already or cannot be written.
    """
    if len(passphrase) < LEAST_PASSPHRASE:
        raise ValueError("A passphrase has at least 12 characters.")
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode()))
    public = key.public_key()
    _write_new(path, private)
    _write_new(public_file_of(path), public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public.public_bytes_raw()


def public_file_of(path: Path) -> Path:
    """Name the file of the public half."""
    return path.with_name(f"{path.name}.pub")


def read_public_file(path: Path) -> bytes:
    """Give the public half that a custodian hands in.

    Bytes:  32.
    Raises: KeyFileUnusable.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileUnusable(f"{path} holds no public key.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise KeyFileUnusable(f"{path} holds no Ed25519 key.")
    return key.public_bytes_raw()


def open_key_file(path: Path, passphrase: str) -> Ed25519PrivateKey:
    """Open a custodian's file.

    Raises: KeyFileUnusable; the reason tells a wrong passphrase from a missing file.
    """
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase.encode())
    except OSError as error:
        raise KeyFileUnusable(f"{path} cannot be read.") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileUnusable(f"{path} does not open with this passphrase.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileUnusable(f"{path} holds no Ed25519 key.")
    return key


def signed(order: Order, label: str, key: Ed25519PrivateKey) -> Signed:
    """Put a custodian's signature under an order."""
    return Signed(label, key.sign(order.text.encode()))


def _write_new(path: Path, content: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except OSError as error:
        raise KeyFileUnusable(f"{path} is there already or cannot be written.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
