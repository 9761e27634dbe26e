"""How an export is written, so that it is checked without us: pure, and without Django."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from audit.sealer import SealPublicKey, SealSignature
from audit.verification.rules import SealRow

FORMAT: Final = "audit-export-1"
SIGNING_KEYS: Final = frozenset({"log-seal", "log-seal-pq"})
"""By which every seal and every export is signed: whoever checks must not learn that from the file."""


def line(content: Mapping[str, Any]) -> bytes:
    """Write one line; there is one way of writing it, so that any other byte shows.

    Bytes: ASCII, one JSON object, a line feed.
    """
    return json.dumps(content, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def key_entry(key: SealPublicKey) -> dict[str, Any]:
    """Write a public key."""
    der = base64.b64encode(key.der).decode()
    return {"key": key.key, "version": key.version, "algorithm": key.algorithm, "public_key": der}


def fingerprint(keys: Sequence[Mapping[str, Any]]) -> str:
    """Give what two people read to each other to be sure of the keys.

    Bytes: SHA-256, hexadecimal, over the line of the keys in order of name and version.
    """
    return sha256(line({"keys": sorted(keys, key=lambda key: (key["key"], key["version"]))})).hexdigest()


def signature_entry(signature: SealSignature) -> dict[str, Any]:
    """Write a signature."""
    value = base64.b64encode(signature.value).decode()
    return {"key": signature.key, "version": signature.version, "algorithm": signature.algorithm, "value": value}


def seal_entry(seal: SealRow) -> dict[str, Any]:
    """Write a seal; its events follow it, those that came late first."""
    return {
        "type": "seal",
        "number": seal.number,
        "at": seal.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "first_id": seal.first_id,
        "last_id": seal.last_id,
        "row_count": seal.row_count,
        "missing": [list(span) for span in seal.missing],
        "late": list(seal.late),
        "rows_digest": seal.rows_digest.hex(),
        "previous": seal.previous.hex(),
        "hash": seal.hash.hex(),
        "signatures": [signature_entry(signature) for signature in seal.signatures],
    }


def event_entry(message: bytes, mac: bytes, *, seal: int | None, is_right: bool) -> dict[str, Any]:
    """Write an event from the message that its keyed hash is over."""
    row_id, instant, kind, actor_kind, actor_id, office_id, organisation_id, subject_id, facts = message.decode().split(
        "|", 8
    )
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(instant))
    return {
        "type": "event",
        "seal": seal,
        "id": int(row_id),
        "at": at.isoformat(timespec="microseconds"),
        "kind": kind,
        "actor_kind": actor_kind,
        "actor_id": actor_id or None,
        "office_id": office_id or None,
        "organisation_id": organisation_id or None,
        "subject_id": subject_id or None,
        "facts": json.loads(facts),
        "mac": mac.hex(),
        "fits_its_mac": is_right,
    }


def row_entry(row_id: int, mac: bytes, *, seal: int, is_right: bool) -> dict[str, Any]:
    """Write of a row of another day what its seal's digest needs, and whether its day is its own."""
    return {"type": "row", "seal": seal, "id": row_id, "mac": mac.hex(), "fits_its_mac": is_right}


def footer_message(digest: bytes) -> bytes:
    """Give what is signed at the end, which is never a seal's message."""
    return b"export1|" + digest.hex().encode()


def footer_entry(digest: bytes, signatures: Sequence[SealSignature]) -> dict[str, Any]:
    """Write the last line, over the bytes of all lines before it."""
    return {
        "type": "footer",
        "sha256": digest.hex(),
        "signatures": [signature_entry(signature) for signature in signatures],
    }
