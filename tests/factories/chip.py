"""A chip in software: it makes P-256 credentials and signs, and lies where a test tells it to (WebAuthn section 6)."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from identities import webauthn

ES256 = -7
USER_PRESENT, USER_VERIFIED, ATTESTED = 0x01, 0x04, 0x40
NO_MODEL = UUID(int=0)
MODEL = UUID("f8a011f3-8c0a-4d15-8006-17111f9edc7d")


def base64url(value: bytes) -> str:
    """Write bytes as browsers do."""
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Read what browsers write."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftwareChip:
    """One chip with one credential. ``counts`` is false for makes whose count is always 0."""

    aaguid: UUID = NO_MODEL
    counts: bool = True
    sign_count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(48))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    algorithm: int = ES256

    def create(
        self,
        options: dict[str, Any],
        *,
        origin: str | None = None,
        rp_id: str | None = None,
        challenge: bytes | None = None,
        flags: int = USER_PRESENT,
        kind: str = "webauthn.create",
        cross_origin: bool = False,
        attestation: str = "none",
        maker: "Maker | None" = None,
    ) -> dict[str, Any]:
        """Answer ``navigator.credentials.create()`` as ``credential.toJSON()`` gives it."""
        client = _client_data(kind, challenge or from_base64url(options["challenge"]), origin, is_framed=cross_origin)
        attested = self.aaguid.bytes + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self.cose_key()
        data = self._data(rp_id or options["rp"]["id"], flags | ATTESTED) + attested
        statement: dict[str, Any] = {}
        signed = data + hashlib.sha256(client).digest()
        if attestation == "packed" and maker is None:
            statement = {"alg": ES256, "sig": self.key.sign(signed, ec.ECDSA(SHA256()))}
        elif attestation == "packed" and maker is not None:
            signature = maker.key.sign(signed, ec.ECDSA(SHA256()))
            statement = {"alg": ES256, "sig": signature, "x5c": [maker.certificate(self.aaguid)]}
        attested_object = cbor2.dumps({"fmt": attestation, "attStmt": statement, "authData": data})
        response = {"clientDataJSON": base64url(client), "attestationObject": base64url(attested_object)}
        return self._answer(response | {"transports": ["usb", "nfc"]})

    def get(
        self,
        options: dict[str, Any],
        *,
        origin: str | None = None,
        rp_id: str | None = None,
        challenge: bytes | None = None,
        flags: int = USER_PRESENT,
        kind: str = "webauthn.get",
        cross_origin: bool = False,
        count: int | None = None,
    ) -> dict[str, Any]:
        """Answer ``navigator.credentials.get()``. ``count`` is what a copy would say; the chip's own goes up by one."""
        if self.counts:
            self.sign_count += 1
        client = _client_data(kind, challenge or from_base64url(options["challenge"]), origin, is_framed=cross_origin)
        data = self._data(rp_id or options["rpId"], flags, count)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": base64url(client),
                "authenticatorData": base64url(data),
                "signature": base64url(signature),
                "userHandle": None,
            }
        )

    def cose_key(self) -> bytes:
        """Give the public half (RFC 9053 section 7.1.1)."""
        numbers = self.key.public_key().public_numbers()
        coordinates = {-2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        return cbor2.dumps({1: 2, 3: self.algorithm, -1: 1} | coordinates)

    def _data(self, rp_id: str, flags: int, count: int | None = None) -> bytes:
        shown = self.sign_count if count is None else count
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + shown.to_bytes(4, "big")

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        name = base64url(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": response,
        }


class Maker:
    """Whoever makes chips: a root certificate, and one for each model that says so (WebAuthn section 8.2.1)."""

    def __init__(self) -> None:
        self._root_key = ec.generate_private_key(ec.SECP256R1())
        self.key = ec.generate_private_key(ec.SECP256R1())
        self._root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Chips A/S Root")])
        self._root = self._certificate(self._root_name, self._root_key.public_key(), is_authority=True)

    def root_file(self, folder: Path) -> Path:
        """Write the root certificate as PEM."""
        path = folder / "roots.pem"
        path.write_bytes(self._root.public_bytes(Encoding.PEM))
        return path

    def certificate(self, model: UUID) -> bytes:
        """Give the model's attestation certificate, DER."""
        name = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Chips A/S"),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation"),
                x509.NameAttribute(NameOID.COMMON_NAME, "Chip"),
            ]
        )
        return self._certificate(name, self.key.public_key(), model=model).public_bytes(Encoding.DER)

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePublicKey, *, is_authority: bool = False, model: UUID | None = None
    ) -> x509.Certificate:
        today = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._root_name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(days=1))
            .not_valid_after(today + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if model is not None:
            value = b"\x04\x10" + model.bytes
            builder = builder.add_extension(
                x509.UnrecognizedExtension(webauthn.AAGUID_OF_CERTIFICATE, value), critical=False
            )
        return builder.sign(self._root_key, SHA256())


def _client_data(kind: str, challenge: bytes, origin: str | None, *, is_framed: bool) -> bytes:
    value = {
        "type": kind,
        "challenge": base64url(challenge),
        "origin": origin or webauthn.origin(),
        "crossOrigin": is_framed,
    }
    return json.dumps(value, separators=(",", ":")).encode()
