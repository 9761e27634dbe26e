"""A custodian's own key: Ed25519 in a PKCS#8 file that a passphrase opens. It never comes near the database."""

import os
from pathlib import Path
from typing import Final

from asn1crypto import pem  # type: ignore[import-untyped]
from asn1crypto.algos import EncryptionAlgorithm  # type: ignore[import-untyped]
from asn1crypto.core import OctetString  # type: ignore[import-untyped]
from asn1crypto.keys import EncryptedPrivateKeyInfo  # type: ignore[import-untyped]
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from hsm.orders import Order, Signed

LEAST_PASSPHRASE: Final = 12
ROUNDS: Final = 1_000_000
"""Of PBKDF2 (RFC 8018 §5.2), for whoever finds the medium: the library's own "best available" takes 2,048."""
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
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key()
    _write_new(path, _encrypted(private, passphrase))
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


def _encrypted(private: bytes, passphrase: str) -> bytes:
    """Encrypt a PKCS#8 key with a passphrase.

    Bytes: PEM of RFC 5958 §3, PBES2 (RFC 8018 §6.2) with PBKDF2-HMAC-SHA-256 and AES-256-CBC, as OpenSSL reads it.
    """
    salt, iv = os.urandom(16), os.urandom(16)
    key = PBKDF2HMAC(SHA256(), length=32, salt=salt, iterations=ROUNDS).derive(passphrase.encode())
    padder, encryptor = PKCS7(128).padder(), Cipher(AES256(key), CBC(iv)).encryptor()
    padded = padder.update(private) + padder.finalize()
    derivation = {"salt": OctetString(salt), "iteration_count": ROUNDS, "prf": {"algorithm": "sha256"}}
    pbes2 = {
        "key_derivation_func": {"algorithm": "pbkdf2", "parameters": derivation},
        "encryption_scheme": {"algorithm": "aes256_cbc", "parameters": iv},
    }
    info = EncryptedPrivateKeyInfo(
        {
            "encryption_algorithm": EncryptionAlgorithm({"algorithm": "pbes2", "parameters": pbes2}),
            "encrypted_data": encryptor.update(padded) + encryptor.finalize(),
        }
    )
    return bytes(pem.armor("ENCRYPTED PRIVATE KEY", info.dump()))


def _write_new(path: Path, content: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except OSError as error:
        raise KeyFileUnusable(f"{path} is there already or cannot be written.") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
