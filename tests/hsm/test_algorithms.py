"""Signatures by the algorithm's name: vectors, negatives, and a new one in one class (KEY-3)."""

from typing import ClassVar
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm import api as hsm
from hsm.algorithms import UnknownAlgorithm, algorithm, algorithms, register
from hsm.algorithms.base import SoftwareAlgorithm, unwrapped_private
from hsm.algorithms.registry import _by_name
from hsm.keyring import forget_keyring
from hsm.signing import Signature
from hsm.states import KeyKind, KeyName
from hsm.token import keys, operations
from tests.hsm.custody import rotated, tidy_token, two_people

NAMES = ["ES256", "Ed25519", "ML-DSA-65"]

# RFC 8032 §7.1: public key, message, signature
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe"
            "24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302a"
            "eeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28d"
            "c027beceea1ec40a"
        ),
    ),
]


def spki(key):
    """The DER of a public key."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def made(request, db):
    """An algorithm with a pair of its own: what signs, and the public half."""
    kind = algorithm(request.param)
    pair = kind.make("trial.1", wrapper="data-wrap.1")
    opened = kind.opened("trial.1", pair.wrapped_private, wrapper="data-wrap.1")
    yield kind, lambda message: kind.sign("trial.1", opened, message), pair
    kind.erase("trial.1")
    assert not kind.is_held("trial.1")


every_algorithm = pytest.mark.parametrize("made", NAMES, indirect=True)


@every_algorithm
def test_what_an_algorithm_signs_it_verifies_and_nothing_near_it(made):
    kind, sign, pair = made
    value = sign(b"message")
    assert kind.verify(pair.public_key, b"message", value)
    assert not kind.verify(pair.public_key, b"massage", value)
    for at in (0, len(value) // 2, len(value) - 1):
        bent = bytearray(value)
        bent[at] ^= 1
        assert not kind.verify(pair.public_key, b"message", bytes(bent))


@every_algorithm
def test_what_is_malformed_is_no_signature_and_no_exception(made):
    kind, sign, pair = made
    value = sign(b"message")
    for bad in (b"", b"\x00", value[:-1], value + b"\x00", bytes(len(value)), b"\xff" * len(value)):
        assert not kind.verify(pair.public_key, b"message", bad)
    for bad_key in (b"", b"\x30", bytes(100), pair.public_key[:-1]):
        assert not kind.verify(bad_key, b"message", value)


@every_algorithm
def test_a_key_of_another_algorithm_verifies_nothing(made):
    kind, sign, _pair = made
    value = sign(b"message")
    others = [
        ec.generate_private_key(ec.SECP256R1()).public_key(),
        ec.generate_private_key(ec.SECP384R1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
        MLDSA44PrivateKey.generate().public_key(),
        MLDSA65PrivateKey.generate().public_key(),
    ]
    assert not any(kind.verify(spki(other), b"message", value) for other in others)


@pytest.mark.parametrize(("public", "message", "value"), RFC_8032)
def test_ed25519_verifies_the_vectors_of_its_rfc(public, message, value):
    key = spki(ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)))
    assert algorithm("Ed25519").verify(key, bytes.fromhex(message), bytes.fromhex(value))
    assert not algorithm("Ed25519").verify(key, bytes.fromhex(message) + b"x", bytes.fromhex(value))


def test_ed25519_takes_no_second_spelling_of_a_signature():
    """RFC 8032 §5.1.7: S is below the order of the group, or a signature could be written in two ways."""
    order = 2**252 + 27742317777372353535851937790883648493
    public, message, value = RFC_8032[1]
    raw = bytes.fromhex(value)
    other = raw[:32] + (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    key = spki(ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)))
    assert not algorithm("Ed25519").verify(key, bytes.fromhex(message), other)


@pytest.mark.parametrize("made", ["ES256"], indirect=True)
def test_es256_takes_neither_der_nor_numbers_out_of_range(made):
    kind, sign, pair = made
    value = sign(b"message")
    r, s = int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big")
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for bad in (
        encode_dss_signature(r, s),
        value[:32] + order.to_bytes(32, "big"),
        order.to_bytes(32, "big") + value[32:],
        bytes(32) + value[32:],
        value[:32] + bytes(32),
    ):
        assert not kind.verify(pair.public_key, b"message", bad)


def test_ml_dsa_is_that_of_fips_204_with_an_empty_context():
    """The seed gives the pair (FIPS 204, algorithm 1), and sizes are those of its table 2."""
    key = MLDSA65PrivateKey.from_seed_bytes(bytes(range(32)))
    kind = algorithm("ML-DSA-65")
    public = kind.public_key_of(kind.private_key(bytes(range(32))))
    assert public == spki(key.public_key())
    assert len(key.public_key().public_bytes_raw()) == 1952
    value = kind.sign("x", key, b"message")
    assert len(value) == 3309
    assert kind.verify(public, b"message", value)
    assert kind.verify(public, b"message", key.sign(b"message", b""))
    assert not kind.verify(public, b"message", key.sign(b"message", b"another context"))
    assert kind.sign("x", key, b"message") != value, "hedged (FIPS 204 §3.4)"


@pytest.mark.django_db
def test_a_wrapped_seed_opens_for_its_key_and_version_only():
    """KEY-1: outside the process it lies under data-wrap only."""
    kind = algorithm("ML-DSA-65")
    pair = kind.make("trial.1", wrapper="data-wrap.1")
    assert len(pair.wrapped_private) == 12 + 32 + 16
    seed = unwrapped_private("trial.1", "ML-DSA-65", pair.wrapped_private, wrapper="data-wrap.1")
    assert kind.public_key_of(kind.private_key(seed)) == pair.public_key
    for label, name in (("trial.2", "ML-DSA-65"), ("trial.1", "ML-DSA-87")):
        with pytest.raises(hsm.HsmUnavailable):
            unwrapped_private(label, name, pair.wrapped_private, wrapper="data-wrap.1")
    with pytest.raises(hsm.HsmUnavailable):
        kind.opened("trial.1", None, wrapper=None)


@pytest.mark.django_db
def test_a_signature_names_its_algorithm_and_is_held_to_it():
    made = hsm.sign(KeyName.LOG_SEAL_PQ, b"m")
    assert made.algorithm == "ML-DSA-65"
    assert hsm.verify(KeyName.LOG_SEAL_PQ, b"m", made)
    for name in ("ES256", "none", ""):
        assert not hsm.verify(KeyName.LOG_SEAL_PQ, b"m", Signature(made.version, made.value, name))


@pytest.mark.django_db(transaction=True)
def test_signatures_outlive_the_algorithm_of_their_key(tmp_path, now):
    """KEY-3: ES256, then Ed25519, then ML-DSA-65, and each verifies all along, without the module too."""
    people = two_people(tmp_path)
    for person in people:
        person.enrolled(now)
    made = [hsm.sign(KeyName.TOKEN_SIGNING, b"m")]
    try:
        for name in ("Ed25519", "ML-DSA-65"):
            now = rotated(people, "token-signing", now=now, algorithm=name)
            made.append(hsm.sign(KeyName.TOKEN_SIGNING, b"m"))
            assert all(hsm.verify(KeyName.TOKEN_SIGNING, b"m", signature) for signature in made)
        assert [(each.version, each.algorithm) for each in made] == list(enumerate(NAMES, 1))
        assert hsm.public_key(KeyName.TOKEN_SIGNING).algorithm == "ML-DSA-65"
    finally:
        tidy_token()
        hsm.forget()


class Trial(SoftwareAlgorithm):
    """An algorithm that a test adds: Ed25519 outside the module."""

    name: ClassVar[str] = "Trial-1"

    def private_key(self, seed: bytes) -> ed25519.Ed25519PrivateKey:
        """Expand the seed."""
        return ed25519.Ed25519PrivateKey.from_private_bytes(seed)

    def public_key_of(self, private_key: ed25519.Ed25519PrivateKey) -> bytes:
        """Give the public half."""
        return bytes(spki(private_key.public_key()))

    def sign(self, label: str, opened: ed25519.Ed25519PrivateKey, message: bytes) -> bytes:
        """Sign."""
        return bytes(opened.sign(message))

    def verify(self, public_key: bytes, message: bytes, value: bytes) -> bool:
        """Verify."""
        return algorithm("Ed25519").verify(public_key, message, value)


@pytest.mark.django_db(transaction=True)
def test_a_new_algorithm_is_one_class_and_one_line(tmp_path, now):
    people = two_people(tmp_path)
    for person in people:
        person.enrolled(now)
    register(Trial())
    try:
        rotated(people, "token-signing", now=now, algorithm="Trial-1")
        made = hsm.sign(KeyName.TOKEN_SIGNING, b"m")
        assert (made.version, made.algorithm) == (2, "Trial-1")
        assert hsm.verify(KeyName.TOKEN_SIGNING, b"m", made)
        with pytest.raises(ValueError, match="its own"):
            register(Trial())
    finally:
        del _by_name["Trial-1"]
    forget_keyring()
    assert not hsm.verify(KeyName.TOKEN_SIGNING, b"m", made), (
        "a release without it goes on, and knows no such signature"
    )
    hsm.seal("a", purpose="p", bound_to=UUID(int=7))
    hsm.forget()


def test_the_registry_knows_its_own_only():
    assert list(algorithms) == NAMES
    with pytest.raises(UnknownAlgorithm):
        algorithm("RS256")


@pytest.mark.django_db
def test_the_modules_ed25519_agrees_with_the_one_outside():
    public = keys.make_pair("trial.9", KeyKind.ED25519)
    try:
        value = operations.sign_eddsa("trial.9", b"message")
        assert algorithm("Ed25519").verify(public, b"message", value)
        assert value == operations.sign_eddsa("trial.9", b"message"), "deterministic (RFC 8032 §5.1.6)"
    finally:
        keys.erase("trial.9", KeyKind.ED25519)
