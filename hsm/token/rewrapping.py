"""Moving what a key of the module wrapped under another key of the module."""

import hmac
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, GCMParams, Mechanism

from hsm.errors import SealBroken
from hsm.rules import NONCE_BYTES, TAG_BYTES
from hsm.token import operations
from hsm.token.connection import Connection, connection
from hsm.token.keys import secret_key
from hsm.token.operations import WRAP, destroyed_after, unwrapped_seed

_GOES_ON: Final = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: True, Attribute.TOKEN: False}
"""May be wrapped again, never read."""


def rewrap_seed(old_label: str, new_label: str, wrapped: bytes) -> bytes:
    """Unwrap a seed inside the module, wrap it under another key there, and destroy it.

    What comes out is unwrapped once more and held against the seed by an HMAC: the old value is about to be
    overwritten.

    Rule:   KEY-1.
    Raises: SealBroken when the wrapped seed was changed; HsmUnavailable.
    """

    def act(held: Connection) -> bytes:
        with destroyed_after(held, unwrapped_seed(held, old_label, wrapped, template=_GOES_ON)) as seed:
            again = bytes(held.key(secret_key, new_label).wrap_key(seed, mechanism=WRAP))
            with destroyed_after(held, unwrapped_seed(held, new_label, again)) as copy:
                if not hmac.compare_digest(_mark(seed), _mark(copy)):
                    raise SealBroken("A seed did not come back as it went.")
        return again

    return connection.call(act)


def reencrypt(old_label: str, new_label: str, sealed: bytes, *, context: bytes) -> bytes:
    """Move a data key or the seed of a pair from one encrypting key to another, by way of this process.

    Rule:   KEY-1: a process has it in the clear in any case, and nothing outside a process does.
    Raises: SealBroken when it was changed; HsmUnavailable.
    """
    plain = decrypted(old_label, sealed, context=context)
    again = operations.encrypt(new_label, plain, context=context)
    if not hmac.compare_digest(decrypted(new_label, again, context=context), plain):
        raise SealBroken("A key did not come back as it went.")
    return again


def decrypted(label: str, sealed: bytes, *, context: bytes) -> bytes:
    """Decrypt a wrapped key; one that was changed is told from a module that is lost.

    Raises: SealBroken when it was changed; HsmUnavailable.
    """

    def act(held: Connection) -> bytes:
        key = held.key(secret_key, label)
        try:
            return _decrypt(key, sealed, context)
        except pkcs11.PKCS11Error:
            # SoftHSM says "general error" of a value that was changed. If the key opens what it seals, and again does
            # not open the value, it is the value.
            nonce = bytes(held.session.generate_random(NONCE_BYTES * 8))
            parameters = GCMParams(nonce=nonce, aad=context, tag_bits=TAG_BYTES * 8)
            probe = nonce + bytes(key.encrypt(bytes(32), mechanism=Mechanism.AES_GCM, mechanism_param=parameters))
            _decrypt(key, probe, context)
        try:
            return _decrypt(key, sealed, context)
        except pkcs11.PKCS11Error as error:
            raise SealBroken("A wrapped key does not open.") from error

    return connection.call(act)


def _decrypt(key: Any, sealed: bytes, context: bytes) -> bytes:
    parameters = GCMParams(nonce=sealed[:NONCE_BYTES], aad=context, tag_bits=TAG_BYTES * 8)
    return bytes(key.decrypt(sealed[NONCE_BYTES:], mechanism=Mechanism.AES_GCM, mechanism_param=parameters))


def _mark(key: Any) -> bytes:
    return bytes(key.sign(bytes(8), mechanism=Mechanism.SHA_1_HMAC, buffer_size=20))
