"""An app on a phone, as a program: it has a P-256 key, signs what it asks, and follows the nonces.

It speaks through ``django.test.Client`` or through ``httpx.Client``, so that tests, browser journeys and benchmarks
have one and the same phone.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ROOT = "/api/app/v1"
JOSE = "application/jose"
PIN = "271828"


class Wire(Protocol):
    """How a phone reaches the server: ``django.test.Client`` and ``httpx.Client`` behind one face."""

    def get(self, path: str) -> "Answer": ...

    def post(self, path: str, body: bytes, *, content_type: str, headers: Mapping[str, str]) -> "Answer": ...


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def code(self) -> str:
        """The problem's code, or nothing."""
        is_problem = self.headers.get("Content-Type", "").startswith("application/problem+json")
        return str(self.json["code"]) if is_problem else ""


class DjangoWire:
    """Through Django's test client: no socket."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get(self, path: str) -> Answer:
        return self._answer(self.client.get(path))

    def post(self, path: str, body: bytes, *, content_type: str, headers: Mapping[str, str]) -> Answer:
        return self._answer(self.client.post(path, data=body, content_type=content_type, headers=dict(headers)))

    def _answer(self, response: Any) -> Answer:
        return Answer(status=response.status_code, headers=response.headers, body=response.content)


class HttpxWire:
    """Over HTTP; ``client`` is an ``httpx.Client`` with the portal as its ``base_url``."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def get(self, path: str) -> Answer:
        return self._answer(self.client.get(path))

    def post(self, path: str, body: bytes, *, content_type: str, headers: Mapping[str, str]) -> Answer:
        return self._answer(
            self.client.post(path, content=body, headers={"Content-Type": content_type, **dict(headers)})
        )

    def _answer(self, response: Any) -> Answer:
        return Answer(status=response.status_code, headers=response.headers, body=response.content)


class PhoneApp:
    """One citizen's app on one phone. ``address`` is how the portal calls itself: ``settings.PUBLIC_ADDRESS``."""

    def __init__(
        self,
        wire: Wire,
        *,
        address: str,
        key: EllipticCurvePrivateKey | None = None,
        app_id: UUID | None = None,
        installation_id: UUID | None = None,
        clock_is_off_by: timedelta = timedelta(),
        language: str = "en",
    ) -> None:
        self.wire = wire
        self.address = address.rstrip("/")
        self.key = key or generate_private_key(SECP256R1())
        self.app_id = app_id
        self.installation_id = installation_id or uuid4()
        self.clock_is_off_by = clock_is_off_by
        self.language = language
        self.nonce: str | None = None
        self.session: str | None = None

    # --- the key --------------------------------------------------------------------------------------------------

    @property
    def device_key(self) -> bytes:
        """The public half as the app's row keeps it."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def jwk(self) -> dict[str, str]:
        """The public half as an enrolment carries it."""
        numbers = self.key.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": encoded(numbers.x.to_bytes(32, "big")),
            "y": encoded(numbers.y.to_bytes(32, "big")),
        }

    def signature(self, text: bytes) -> bytes:
        """Sign as RFC 7518 section 3.4 says: r and s, 32 bytes each."""
        r, s = decode_dss_signature(self.key.sign(text, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def jws(self, header: Mapping[str, Any], payload: bytes) -> bytes:
        """Give a compact JWS."""
        text = f"{encoded(compact(header))}.{encoded(payload)}".encode()
        return text + b"." + encoded(self.signature(text)).encode()

    # --- asking ---------------------------------------------------------------------------------------------------

    def next_nonce(self) -> str:
        """Give the nonce of the last answer, or ask for one."""
        if self.nonce is None:
            answer = self.wire.get(f"{ROOT}/nonce")
            self.nonce = answer.headers["Replay-Nonce"]
        nonce, self.nonce = self.nonce, None
        return nonce

    def header(self, path: str) -> dict[str, Any]:
        """Give the protected header of a request."""
        who: dict[str, Any] = {"kid": str(self.app_id)} if self.app_id else {"jwk": self.jwk}
        return {"alg": "ES256", **who, "nonce": self.next_nonce(), "url": f"{self.address}{ROOT}/{path}"}

    def ask(self, path: str, **members: Any) -> Answer:
        """Sign and send; once more with a fresh nonce when the one at hand had grown too old, as RFC 8555 asks."""
        answer = self.send(path, self.jws(self.header(path), compact(members)))
        if answer.code == "bad_nonce":
            answer = self.send(path, self.jws(self.header(path), compact(members)))
        return answer

    def send(
        self, path: str, body: bytes, *, content_type: str = JOSE, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a body as it is, and keep the nonce of the answer."""
        answer = self.wire.post(
            f"{ROOT}/{path}",
            body,
            content_type=content_type,
            headers={"Accept-Language": self.language, **(headers or {})},
        )
        self.nonce = answer.headers.get("Replay-Nonce")
        return answer

    # --- acts -----------------------------------------------------------------------------------------------------

    def begin(
        self,
        *,
        user_id: str,
        activation_code: str | None = None,
        copy_token: str | None = None,
        platform: str = "other",
    ) -> Answer:
        """Give the first code."""
        first = {"activation_code": activation_code} if activation_code is not None else {"copy_token": copy_token}
        return self.ask(
            "enrolments", user_id=user_id, installation_id=str(self.installation_id), platform=platform, **first
        )

    def complete(self, enrolment_id: str, *, temporary_pin: str, pin: str = PIN) -> Answer:
        """Give the second code and a PIN; from now on the app has an id."""
        answer = self.ask(f"enrolments/{enrolment_id}/completion", temporary_pin=temporary_pin, pin=pin)
        if answer.status == 201:
            self.app_id = UUID(answer.json["app_id"])
        return answer

    def log_in(self, pin: str = PIN) -> Answer:
        """Open a session."""
        answer = self.ask("sessions", pin=pin)
        if answer.status == 201:
            self.session = answer.json["session"]
        return answer

    def in_session(self, path: str, **members: Any) -> Answer:
        """Ask something that needs the session."""
        return self.ask(path, session=self.session, **members)

    def bind(self, word: str, *, name: str = "") -> Answer:
        """Find the request that a QR code or a short code stands for; ``name`` says what else it is."""
        return self.ask("requests/bind", **binding(word, name))

    def approval(self, shown: Mapping[str, Any], *, decision: str = "approve", **altered: Any) -> str:
        """Sign a decision over what the app showed (APR-6)."""
        said = {
            "request_id": shown["id"],
            "reference_text": shown["reference_text"],
            "asks": shown["asks"],
            "level": shown["level"],
            "decision": decision,
            "at": (datetime.now(UTC) + self.clock_is_off_by).isoformat(),
            "nonce": shown["nonce"],
        } | altered
        header = {"alg": "ES256", "kid": str(self.app_id), "typ": "approval+jws"}
        return self.jws(header, compact(said)).decode()

    def approve(self, shown: Mapping[str, Any], *, word: str, pin: str = PIN, name: str = "") -> Answer:
        """Say yes."""
        return self.ask(
            f"requests/{shown['id']}/decision",
            is_approved=True,
            pin=pin,
            approval=self.approval(shown),
            **binding(word, name),
        )

    def reject(self, shown: Mapping[str, Any]) -> Answer:
        """Say no."""
        approval = self.approval(shown, decision="reject")
        return self.ask(f"requests/{shown['id']}/decision", is_approved=False, approval=approval)


def binding(word: str, name: str = "") -> dict[str, str]:
    """Name what was scanned or typed; a token has a full stop in it."""
    return {name or ("qr_token" if "." in word else "short_code"): word}


def compact(members: object) -> bytes:
    """Write JSON without spaces."""
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def encoded(value: bytes) -> str:
    """Write base64url without padding."""
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
