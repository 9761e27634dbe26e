"""Finding and making the named keys of the token.

All are SENSITIVE and not EXTRACTABLE (KEY-1). A key's label is its name and version; the token holds a
handful.
"""

from collections.abc import Callable
from typing import Any, Final

import pkcs11
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from hsm.errors import HsmUnavailable, KeyIsThere
from hsm.states import KeyKind
from hsm.token.connection import Connection, Session, connection
from hsm.token.start_lock import start_lock

STAYS: Final = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
NEVER_LEFT: Final = {
    **STAYS,
    Attribute.LOCAL: True,
    Attribute.ALWAYS_SENSITIVE: True,
    Attribute.NEVER_EXTRACTABLE: True,
}
"""What the module says of a key that it made itself and never gave out (PKCS#11 v3.0 §4.9, §4.10)."""
KEY_TYPES: Final = {
    KeyKind.EC_P256: KeyType.EC,
    KeyKind.ED25519: KeyType.EC_EDWARDS,
    KeyKind.AES_256: KeyType.AES,
    KeyKind.AES_256_WRAP: KeyType.AES,
    KeyKind.HMAC_SHA256: KeyType.GENERIC_SECRET,
}
PAIRS: Final = frozenset({KeyKind.EC_P256, KeyKind.ED25519})
EDWARDS25519: Final = bytes.fromhex("130c656477617264733235353139")
"""CKA_EC_PARAMS by name (PKCS#11 v3.0 §2.3.5): PrintableString "edwards25519"; the binding knows object ids only."""


def secret_key(session: Session, label: str) -> Any:
    """Find a secret key."""
    return session.get_key(object_class=ObjectClass.SECRET_KEY, label=label)


def private_key(session: Session, label: str) -> Any:
    """Find the private half of a pair."""
    return session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=label)


def public_key(session: Session, label: str) -> Any:
    """Find the public half of a pair."""
    return session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)


def make(label: str, kind: KeyKind) -> bytes | None:
    """Have a new key in the token, under a label that it does not hold; one process of the machine at a time.

    Who could put a key of their own there first would else have it taken into use.

    Rule:    KEY-1.
    Returns: the public half of a pair, as DER SubjectPublicKeyInfo; ``None`` for a secret key.
    Raises:  KeyIsThere; HsmUnavailable, also when what the module made is not what was asked for.
    """
    made = False

    def act(held: Connection) -> bytes | None:
        nonlocal made
        with start_lock():
            if not made and _is_any(held.session, label):  # an act may run twice
                raise KeyIsThere(f"The token holds {label} already, which nobody recorded.")
            if not made:
                MAKERS[kind](held.session, label)
                made = True
            if not _is_fit(held.session, label, kind):
                raise HsmUnavailable(f"The module made {label} otherwise than it was asked to.")
            return _spki(held.session, label, kind) if kind in PAIRS else None

    return connection.call(act)


def make_pair(label: str, kind: KeyKind) -> bytes:
    """Have a new pair in the token, and give its public half.

    Raises: KeyIsThere; HsmUnavailable; ValueError when the kind is no pair.
    """
    public = make(label, kind)
    if public is None:
        raise ValueError("Only a pair has a public half.")
    return public


def is_present(label: str, kind: KeyKind) -> bool:
    """Tell whether the token holds a key.

    Raises: HsmUnavailable.
    """
    return connection.call(lambda held: exists(held.session, label, kind))


def exists(session: Session, label: str, kind: KeyKind) -> bool:
    """Tell whether the token holds a key, in a session that is already held."""
    find = private_key if kind in PAIRS else secret_key
    try:
        find(session, label)
    except pkcs11.NoSuchKey:
        return False
    return True


def is_fit(label: str, kind: KeyKind) -> bool:
    """Tell whether a key was made by the module as ours are and never left it; one that is not there is not unfit.

    Two under one label are both unfit: nobody knows which of them is ours.

    Rule:   KEY-1.
    Raises: HsmUnavailable.
    """

    def act(held: Connection) -> bool:
        try:
            return not exists(held.session, label, kind) or _is_fit(held.session, label, kind)
        except pkcs11.MultipleObjectsReturned:
            return False

    return connection.call(act)


def public_half(label: str, kind: KeyKind) -> bytes | None:
    """Give the public half of a pair as the token has it; ``None`` when it is not there.

    Raises: HsmUnavailable.
    """

    def act(held: Connection) -> bytes | None:
        try:
            return _spki(held.session, label, kind)
        except pkcs11.NoSuchKey:
            return None

    return connection.call(act)


def erase(label: str, kind: KeyKind) -> None:
    """Have nothing under a label in the token; harmless when there is nothing.

    Raises: HsmUnavailable.
    """
    classes = [ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY] if kind in PAIRS else [ObjectClass.SECRET_KEY]

    def act(held: Connection) -> None:
        for object_class in classes:  # the private half first: alone, the public one harms nobody
            for key in list(held.session.get_objects({Attribute.CLASS: object_class, Attribute.LABEL: label})):
                key.destroy()

    connection.call(act)


def labels() -> frozenset[str]:
    """Give the label of every key in the token.

    Raises: HsmUnavailable.
    """

    def act(held: Connection) -> frozenset[str]:
        classes = (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY, ObjectClass.SECRET_KEY)
        return frozenset(
            str(key[Attribute.LABEL])
            for object_class in classes
            for key in list(held.session.get_objects({Attribute.CLASS: object_class, Attribute.TOKEN: True}))
        )

    return connection.call(act)


def token_name() -> str:
    """Name the token that is in use, by its label and serial number.

    Raises: HsmUnavailable.
    """

    def act(held: Connection) -> str:
        token = held.session.token
        return f"{token.label} {bytes(token.serial).decode('ascii', 'replace').strip()}"

    return connection.call(act)


def _is_any(session: Session, label: str) -> bool:
    return any(True for _ in list(session.get_objects({Attribute.LABEL: label, Attribute.TOKEN: True})))


def _is_fit(session: Session, label: str, kind: KeyKind) -> bool:
    key = (private_key if kind in PAIRS else secret_key)(session, label)
    return bool(key[Attribute.KEY_TYPE] == KEY_TYPES[kind]) and all(
        bool(key[name]) is wanted for name, wanted in NEVER_LEFT.items()
    )


def _spki(session: Session, label: str, kind: KeyKind) -> bytes:
    public = public_key(session, label)
    if kind is KeyKind.EC_P256:
        return bytes(encode_ec_public_key(public))
    # The point, bare (PKCS#11 v3.0) or in an OCTET STRING of 32 bytes (v2.40): in both, the last 32.
    point = bytes(public[Attribute.EC_POINT])[-32:]
    return Ed25519PublicKey.from_public_bytes(point).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _make_pair(
    key_type: KeyType, parameters: bytes, mechanism: Mechanism | None = None
) -> Callable[[Session, str], None]:
    def make(session: Session, label: str) -> None:
        curve = session.create_domain_parameters(key_type, {Attribute.EC_PARAMS: parameters}, local=True)
        curve.generate_keypair(
            store=True,
            label=label,
            id=label.encode(),
            mechanism=mechanism,
            capabilities=MechanismFlag.SIGN | MechanismFlag.VERIFY,
            private_template=STAYS,
        )

    return make


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
    KeyKind.EC_P256: _make_pair(KeyType.EC, encode_named_curve_parameters("secp256r1")),
    KeyKind.ED25519: _make_pair(KeyType.EC_EDWARDS, EDWARDS25519, Mechanism.EC_EDWARDS_KEY_PAIR_GEN),
    KeyKind.AES_256: _make_secret(KeyType.AES, MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT),
    KeyKind.AES_256_WRAP: _make_secret(KeyType.AES, MechanismFlag.WRAP | MechanismFlag.UNWRAP),
    KeyKind.HMAC_SHA256: _make_secret(KeyType.GENERIC_SECRET, MechanismFlag.SIGN | MechanismFlag.VERIFY),
}
