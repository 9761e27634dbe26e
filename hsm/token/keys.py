"""Finding and making the named keys of the token.

All are SENSITIVE and not EXTRACTABLE (KEY-1). A key's label is its name and version; the token holds a
handful.
"""

from collections.abc import Callable
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, KeyType, MechanismFlag, ObjectClass
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from hsm.states import KeyKind
from hsm.token.connection import Connection, Session, connection
from hsm.token.start_lock import start_lock

STAYS: Final = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}


def secret_key(session: Session, label: str) -> Any:
    """Find a secret key."""
    return session.get_key(object_class=ObjectClass.SECRET_KEY, label=label)


def private_key(session: Session, label: str) -> Any:
    """Find the private half of a pair."""
    return session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)


def public_key(session: Session, label: str) -> Any:
    """Find the public half of a pair."""
    return session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)


def ensure(label: str, kind: KeyKind) -> bytes | None:
    """Have a key in the token, made now unless it is there; one process of the machine at a time.

    Returns: the public half of a pair, as DER SubjectPublicKeyInfo; ``None`` for a secret key.
    Raises:  HsmUnavailable.
    """

    def act(held: Connection) -> bytes | None:
        with start_lock():
            if not exists(held.session, label, kind):
                MAKERS[kind](held.session, label)
            return _spki(held.session, label) if kind is KeyKind.EC_P256 else None

    return connection.call(act)


def is_present(label: str, kind: KeyKind) -> bool:
    """Tell whether the token holds a key.

    Raises: HsmUnavailable.
    """
    return connection.call(lambda held: exists(held.session, label, kind))


def exists(session: Session, label: str, kind: KeyKind) -> bool:
    """Tell whether the token holds a key, in a session that is already held."""
    find = private_key if kind is KeyKind.EC_P256 else secret_key
    try:
        find(session, label)
    except pkcs11.NoSuchKey:
        return False
    return True


def _spki(session: Session, label: str) -> bytes:
    return encode_ec_public_key(public_key(session, label))


def _make_pair(session: Session, label: str) -> None:
    curve = session.create_domain_parameters(
        KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
    )
    curve.generate_keypair(
        store=True,
        label=label,
        id=label.encode(),
        capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
        private_template=STAYS,
    )


def _make_secret(key_type: KeyType, capabilities: MechanismFlag) -> Callable[[Session, str], None]:
    def make(session: Session, label: str) -> None:
        session.generate_key(
            key_type,
            256,
            store=True,
            label=label,
            id=label.encode(),
            capabilities=capabilities,
            template=STAYS,
        )

    return make


MAKERS: Final[dict[KeyKind, Callable[[Session, str], None]]] = {
    KeyKind.EC_P256: _make_pair,
    KeyKind.AES_256: _make_secret(KeyType.AES, MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT),
    KeyKind.AES_256_WRAP: _make_secret(KeyType.AES, MechanismFlag.WRAP | MechanismFlag.UNWRAP),
    KeyKind.HMAC_SHA256: _make_secret(KeyType.GENERIC_SECRET, MechanismFlag.SIGN | MechanismFlag.VERIFY),
}
