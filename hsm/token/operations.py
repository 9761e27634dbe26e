"""What the module does with a key, on the key's label.

Every function raises ``HsmUnavailable`` when the module, its token or the key cannot be reached.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass

from hsm.errors import SealBroken
from hsm.rules import NONCE_BYTES
from hsm.token.connection import Connection, connection
from hsm.token.keys import private_key, secret_key

SEED_BYTES: Final = 20  # RFC 4226 §4, R6: 160 bits recommended
WRAP: Final = Mechanism.AES_KEY_WRAP_PAD  # RFC 5649; SoftHSM knows it under this number
_SEED: Final = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.TOKEN: False}
_NEW_SEED: Final = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: True, Attribute.TOKEN: False}


def sign_digest(label: str, digest: bytes) -> bytes:
    """Sign a SHA-256 digest with ECDSA over P-256.

    The digest is made outside: SoftHSM 2.6.1 has no combined mechanism, and CKM_ECDSA is in every module.

    Bytes: r and s, 32 each.
    """

    def act(held: Connection) -> bytes:
        key = held.key(private_key, label)
        return bytes(key.sign(digest, mechanism=Mechanism.ECDSA, buffer_size=64))

    return connection.call(act)


def sign_eddsa(label: str, message: bytes) -> bytes:
    """Sign a message with Ed25519 (RFC 8032 §5.1).

    Bytes: R and S, 32 each.
    """

    def act(held: Connection) -> bytes:
        key = held.key(private_key, label)
        return bytes(key.sign(message, mechanism=Mechanism.EDDSA, buffer_size=64))

    return connection.call(act)


def hmac_sha256(label: str, message: bytes) -> bytes:
    """Run a message through the keyed hash.

    Bytes: 32.
    """

    def act(held: Connection) -> bytes:
        key = held.key(secret_key, label)
        return bytes(key.sign(message, mechanism=Mechanism.SHA256_HMAC, buffer_size=32))

    return connection.call(act)


def encrypt(label: str, plain: bytes, *, context: bytes) -> bytes:
    """Encrypt with AES-256-GCM inside the module.

    Bytes: nonce 12, ciphertext, tag 16.
    """

    def act(held: Connection) -> bytes:
        nonce = bytes(held.session.generate_random(NONCE_BYTES * 8))
        key = held.key(secret_key, label)
        parameters = GCMParams(nonce=nonce, aad=context, tag_bits=128)
        return nonce + bytes(key.encrypt(plain, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))

    return connection.call(act)


def encrypt_block(label: str, block: bytes) -> bytes:
    """Encrypt one block of 16 bytes with AES, for a key's check value and nothing else."""

    def act(held: Connection) -> bytes:
        return bytes(held.key(secret_key, label).encrypt(block, mechanism=Mechanism.AES_ECB))

    return connection.call(act)


def random_bytes(count: int) -> bytes:
    """Draw from the module's generator."""
    return connection.call(lambda held: bytes(held.session.generate_random(count * 8)))


def wrap_seed(label: str, seed: bytes) -> bytes:
    """Wrap a seed that came from outside, such as a manufacturer's list of devices."""
    template = {
        Attribute.CLASS: ObjectClass.SECRET_KEY,
        Attribute.KEY_TYPE: KeyType.GENERIC_SECRET,
        Attribute.VALUE: seed,
        Attribute.SIGN: True,
        **_NEW_SEED,
    }

    def act(held: Connection) -> bytes:
        with destroyed_after(held, held.session.create_object(template)) as key:
            return bytes(held.key(secret_key, label).wrap_key(key, mechanism=WRAP))

    return connection.call(act)


def make_seed(label: str) -> bytes:
    """Make a seed inside the module and give it out wrapped."""

    return connection.call(lambda held: _make_seed(held, label))


def seed_hmac_sha1(label: str, wrapped: bytes, messages: Sequence[bytes]) -> list[bytes]:
    """Unwrap a seed inside the module, run messages through HMAC-SHA-1 there, and destroy it.

    Raises: SealBroken when the wrapped seed was changed.
    Bytes:  20 for each message.
    """

    def act(held: Connection) -> list[bytes]:
        with destroyed_after(held, unwrapped_seed(held, label, wrapped)) as key:
            return [bytes(key.sign(message, mechanism=Mechanism.SHA_1_HMAC, buffer_size=20)) for message in messages]

    return connection.call(act)


def touch(label: str) -> None:
    """Make sure that the module answers and holds a key: find it anew and use the generator."""

    def act(held: Connection) -> None:
        secret_key(held.session, label)
        held.session.generate_random(64)

    connection.call(act)


def _make_seed(held: Connection, label: str) -> bytes:
    fresh = held.session.generate_key(
        KeyType.GENERIC_SECRET, SEED_BYTES * 8, capabilities=MechanismFlag.SIGN, template=_NEW_SEED
    )
    with destroyed_after(held, fresh) as key:
        return bytes(held.key(secret_key, label).wrap_key(key, mechanism=WRAP))


def unwrapped_seed(held: Connection, label: str, wrapped: bytes, *, template: Mapping[Attribute, bool] = _SEED) -> Any:
    """Unwrap a seed into the session; the caller destroys it.

    Raises: SealBroken when it was changed.
    """
    wrapper = held.key(secret_key, label)

    def unwrapped() -> Any:
        return wrapper.unwrap_key(
            ObjectClass.SECRET_KEY,
            KeyType.GENERIC_SECRET,
            wrapped,
            mechanism=WRAP,
            capabilities=MechanismFlag.SIGN,
            template=template,
        )

    try:
        return unwrapped()
    except pkcs11.PKCS11Error:
        # SoftHSM says "general error" of a value that was changed. If the same key still wraps, and again does not
        # unwrap, it is the value: one spoilt row must not look like a lost module, nor a passing fault like a
        # spoilt row.
        _make_seed(held, label)
    try:
        return unwrapped()
    except pkcs11.PKCS11Error as error:
        raise SealBroken("A wrapped seed does not unwrap.") from error


@contextmanager
def destroyed_after(held: Connection, key: Any) -> Iterator[Any]:
    """Destroy an object of the session at the end; where that fails, it goes with its session."""
    try:
        yield key
    finally:
        try:
            key.destroy()
        except pkcs11.PKCS11Error:  # what led here may be being raised
            held.discard()
