"""Signatures with the module's pairs."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import Attribute
from pkcs11.exceptions import AttributeSensitive, KeyUnextractable

from hsm import api as hsm
from hsm.token.connection import connection
from hsm.token.keys import private_key, secret_key

pytestmark = pytest.mark.django_db
PAIRS = [hsm.KeyName.TOKEN_SIGNING, hsm.KeyName.LOG_SEAL]


@pytest.mark.parametrize("key", PAIRS)
def test_a_signature_verifies_for_its_key_and_message_only(key):
    signature = hsm.sign(key, b"message")
    assert (signature.version, len(signature.value)) == (1, 64)
    assert hsm.verify(key, b"message", signature)
    assert not hsm.verify(key, b"massage", signature)
    other = PAIRS[1 - PAIRS.index(key)]
    assert not hsm.verify(other, b"message", signature)


@pytest.mark.parametrize("value", [b"", bytes(64), bytes(63), b"\xff" * 64])
def test_what_is_no_signature_does_not_verify(value):
    assert not hsm.verify(hsm.KeyName.LOG_SEAL, b"message", hsm.Signature(1, value, "ES256"))


def test_a_signature_of_an_unknown_version_does_not_verify():
    signature = hsm.sign(hsm.KeyName.LOG_SEAL, b"message")
    assert not hsm.verify(hsm.KeyName.LOG_SEAL, b"message", hsm.Signature(9, signature.value, "ES256"))


def test_the_public_half_is_a_p256_point():
    public = hsm.public_key(hsm.KeyName.TOKEN_SIGNING)
    loaded = load_der_public_key(public.der)
    assert isinstance(loaded, EllipticCurvePublicKey)
    assert isinstance(loaded.curve, SECP256R1)
    assert public == hsm.public_key(hsm.KeyName.TOKEN_SIGNING, version=public.version)
    with pytest.raises(hsm.UnknownVersion):
        hsm.public_key(hsm.KeyName.TOKEN_SIGNING, version=9)


def test_a_key_that_is_no_pair_signs_nothing():
    with pytest.raises(ValueError, match="pair"):
        hsm.sign(hsm.KeyName.LOOKUP, b"message")


@pytest.mark.parametrize("name", sorted(set(hsm.KeyName) - {hsm.KeyName.LOG_SEAL_PQ}))
def test_no_key_leaves_the_module_in_the_clear(name):
    """KEY-1."""
    find = private_key if name in PAIRS else secret_key

    def act(held):
        key = held.key(find, f"{name}.1")
        assert key[Attribute.SENSITIVE]
        assert not key[Attribute.EXTRACTABLE]
        assert key[Attribute.NEVER_EXTRACTABLE]
        assert key[Attribute.ALWAYS_SENSITIVE]
        return key[Attribute.VALUE]

    with pytest.raises((AttributeSensitive, KeyUnextractable)):
        connection.call(act)
