"""Checking an export: by whoever holds the file and the keys' fingerprint; no module, no database.

``python -m audit.verification.checking FILE --fingerprint HEX`` needs this folder and ``cryptography``, no settings.
"""

import argparse
import base64
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from audit.sealer import SealSignature
from audit.verification.export_format import FORMAT, SIGNING_KEYS, fingerprint, footer_message, line
from audit.verification.rules import (
    SealRow,
    is_in,
    late_from,
    objection_to_link,
    objection_to_seal,
    signatures_from,
    spans_from,
)
from audit.verification.signatures import is_genuine

MAC_HEX = 68
Read = Callable[[int], object]


class NotAnExport(ValueError):  # noqa: N818 - it says what is so
    """A line is not what an export has there; nothing after it was read."""


@dataclass(frozen=True)
class Trust:
    """The keys that the auditor was given by another way: their fingerprint, or themselves."""

    fingerprint: str | None = None
    keys: tuple[Mapping[str, Any], ...] = ()

    def objection(self, keys: Sequence[Mapping[str, Any]]) -> str | None:
        """Say why the keys of a file are not those."""
        if self.fingerprint is not None and fingerprint(keys) != self.fingerprint.replace(":", "").lower():
            return "The keys in the file do not have this fingerprint."
        if self.fingerprint is None and not all(dict(key) in [dict(known) for known in self.keys] for key in keys):
            return "The file holds a key that is not among those given."
        return None

    def required(self) -> frozenset[str]:
        """Name the keys that must have signed, whatever the file says of itself."""
        return SIGNING_KEYS | {str(key["key"]) for key in self.keys}


@dataclass
class ExportCheck:
    """What was read, and what is wrong with it."""

    header: Mapping[str, Any] = field(default_factory=dict)
    events: int = 0
    seals: int = 0
    rows: int = 0
    """Rows of other days under the same seals, of which the file tells only what their seals' digests need."""
    first_seal: SealRow | None = None
    last_seal: SealRow | None = None
    unsealed: int = 0
    objections: list[str] = field(default_factory=list)


class _Check:
    def __init__(self, trust: Trust) -> None:
        self.result = ExportCheck()
        self._trust = trust
        self._keys: dict[tuple[str, int, str], bytes] = {}
        self._before: SealRow | None = None
        self._seal: SealRow | None = None
        self._rows = sha256()
        self._count = 0
        self._last_order = (False, 0)

    def header(self, content: dict[str, Any]) -> None:
        if content.get("type") != "header" or content.get("format") != FORMAT:
            raise NotAnExport("The first line is not the header of an export.")
        self.result.header = content
        keys = content["keys"]
        objection = self._trust.objection(keys)
        if objection is not None:
            self.result.objections.append(objection)
        self._keys = {
            (key["key"], key["version"], key["algorithm"]): base64.b64decode(key["public_key"], validate=True)
            for key in keys
        }

    def body(self, content: dict[str, Any]) -> None:
        kind = content.get("type")
        if kind == "seal":
            self._close_seal()
            self._open_seal(content)
        elif kind == "event":
            self._event(content)
        elif kind == "row":
            self._row(content)
        else:
            raise NotAnExport("A line is neither a seal nor an event nor a row.")

    def footer(self, content: dict[str, Any], digest: bytes) -> None:
        self._close_seal()
        if content.get("type") != "footer":
            raise NotAnExport("The last line is not the footer: the file was cut off, or goes on behind it.")
        if content["sha256"] != digest.hex():
            self._object("The bytes of the file are not those that were signed.")
        signatures = signatures_from(content["signatures"]) or ()
        message = footer_message(digest)
        missing = self._trust.required() - {signature.key for signature in signatures}
        if missing or not all(self._matches(message, signature) for signature in signatures):
            self._object("The file is not signed by every key that must sign it.")
        header = self.result.header
        if (header["events"], header["seals"]) != (self.result.events, self.result.seals):
            self._object("The file does not hold as many events and seals as its header says.")
        self._object_to_begin(header)

    def _object_to_begin(self, header: Mapping[str, Any]) -> None:
        first = self.result.first_seal
        if first is not None and first.number > 1 and first.at >= datetime.fromisoformat(header["from_instant"]):
            self._object("The seals in the file begin within the period: those of its first hours may be left out.")

    def _matches(self, message: bytes, signature: SealSignature) -> bool:
        der = self._keys.get((signature.key, signature.version, signature.algorithm))
        return der is not None and is_genuine(signature.algorithm, der, message, signature.value)

    def _open_seal(self, content: dict[str, Any]) -> None:
        seal = _seal(content)
        objection = objection_to_seal(seal, required=self._trust.required(), matches=self._matches)
        before = self._before
        if objection is None and before is not None and seal.number != before.number + 1:
            objection = "it does not follow the seal before it"
        if objection is None and (before is not None or seal.number == 1):
            objection = objection_to_link(seal, before)
        if objection is not None:
            self._object(f"Seal {seal.number}: {objection}.")
        self._before = self._seal = self.result.last_seal = seal
        self.result.first_seal = self.result.first_seal or seal
        self._rows, self._count, self._last_order = sha256(), 0, (False, 0)
        self.result.seals += 1

    def _event(self, content: dict[str, Any]) -> None:
        self.result.events += 1
        row_id = content["id"]
        if content["fits_its_mac"] is not True:
            self._object(f"Event {row_id}: it did not fit its keyed hash when it was exported.")
        if content["seal"] is None:
            self._close_seal()
            self.result.unsealed += 1
        else:
            self._under_seal(content)

    def _row(self, content: Mapping[str, Any]) -> None:
        self.result.rows += 1
        if content["fits_its_mac"] is not True:
            self._object(f"Row {content['id']}: it did not fit its keyed hash, so its day may not be its own.")
        self._under_seal(content)

    def _under_seal(self, content: Mapping[str, Any]) -> None:
        row_id, mac, number = content["id"], content["mac"], content["seal"]
        seal = self._seal
        if seal is None or number != seal.number or len(mac) != MAC_HEX:
            self._object(f"Row {row_id}: it stands under a seal that is not its own.")
            return
        is_late = row_id in seal.late
        is_covered = is_late or (seal.first_id <= row_id <= seal.last_id and not is_in(seal.missing, row_id))
        if not is_covered or (not is_late, row_id) <= self._last_order:
            self._object(f"Row {row_id}: seal {seal.number} does not cover it here.")
        self._last_order = (not is_late, row_id)
        self._rows.update(row_id.to_bytes(8, "big", signed=True) + bytes.fromhex(mac))
        self._count += 1

    def _close_seal(self) -> None:
        seal, self._seal = self._seal, None
        if seal is None:
            return
        if self._count != seal.row_count:
            self._object(f"Seal {seal.number}: it sealed {seal.row_count} rows, and {self._count} are here.")
        elif self._rows.digest() != seal.rows_digest:
            self._object(f"Seal {seal.number}: its rows are not those that were sealed.")

    def _object(self, objection: str) -> None:
        self.result.objections.append(objection)


def check_export(file: Path, trust: Trust, *, read: Read | None = None) -> ExportCheck:
    """Read an export and say everything that is wrong with it; ``read`` is told the bytes of each line.

    Raises: OSError.
    """
    check = _Check(trust)
    digest = sha256()
    held: tuple[dict[str, Any], bytes] | None = None  # the last line is the footer, so one is held back
    number = 0
    try:
        with file.open("rb") as stream:
            for raw in stream:
                if held is not None:
                    digest.update(held[1])
                    (check.header if number == 1 else check.body)(held[0])
                number += 1
                held = _content(raw), raw
                if read is not None:
                    read(len(raw))
        check.footer({} if held is None or number < 2 else held[0], digest.digest())
    except (NotAnExport, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        reason = str(error) if isinstance(error, NotAnExport) else "It is not what an export has there."
        check.result.objections.append(f"Line {number}: {reason}")
    return check.result


def _content(raw: bytes) -> dict[str, Any]:
    content = json.loads(raw)
    if not isinstance(content, dict) or line(content) != raw:
        raise NotAnExport("It is not written as an export writes it.")
    return content


def _seal(content: Mapping[str, Any]) -> SealRow:
    missing, late = spans_from(content["missing"]), late_from(content["late"])
    signatures = signatures_from(content["signatures"])
    if missing is None or late is None or signatures is None:
        raise NotAnExport("It is not what a seal has.")
    return SealRow(
        number=content["number"],
        at=datetime.fromisoformat(content["at"]),
        first_id=content["first_id"],
        last_id=content["last_id"],
        row_count=content["row_count"],
        missing=missing,
        late=late,
        rows_digest=bytes.fromhex(content["rows_digest"]),
        previous=bytes.fromhex(content["previous"]),
        hash=bytes.fromhex(content["hash"]),
        signatures=signatures,
    )


def trust_from(*, pinned: str | None, keys_file: Path | None) -> Trust:
    """Read what the auditor gives.

    Raises: ValueError unless it is one of the two; OSError.
    """
    if (pinned is None) == (keys_file is None):
        raise ValueError("Give either --fingerprint or --public-keys: keys out of the file itself prove nothing.")
    if keys_file is None:
        return Trust(fingerprint=pinned)
    stored = json.loads(keys_file.read_text(encoding="utf-8"))
    keys = stored.get("keys") if isinstance(stored, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise ValueError("The file of public keys is not one that the portal wrote.")
    lacking = SIGNING_KEYS - {key.get("key") for key in keys}
    if lacking:
        raise ValueError(f"The file of public keys lacks {' and '.join(sorted(lacking))}.")
    return Trust(keys=tuple(keys))


def report(result: ExportCheck) -> list[str]:
    """Say in plain lines what was checked."""
    header = result.header
    lines = [f"Period: {header.get('from')} to {header.get('to')}, the last day not included."] if header else []
    lines.append(
        f"Read: {result.events} events, {result.rows} rows of other days under the same seals, {result.seals} seals;"
        f" {result.unsealed} events had no seal yet."
    )
    if result.first_seal is not None and result.last_seal is not None:
        lines.append(f"Seals: {_named(result.first_seal)} to {_named(result.last_seal)}.")
    lines += result.objections or ["Nothing is wrong: every byte is as it was signed."]
    return lines


def _named(seal: SealRow) -> str:
    return f"{seal.number} of {seal.at:%Y-%m-%d %H:%M} UTC"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a file from the command line; 0 nothing wrong, 1 something, 2 not checked."""
    parser = argparse.ArgumentParser(description="Check an export of the audit log.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--fingerprint")
    parser.add_argument("--public-keys", type=Path)
    options = parser.parse_args(arguments)
    try:
        trust = trust_from(pinned=options.fingerprint, keys_file=options.public_keys)
        result = check_export(options.file, trust)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"Not checked: {error}\n")
        return 2
    sys.stdout.write("\n".join(report(result)) + "\n")
    return 1 if result.objections else 0


if __name__ == "__main__":
    sys.exit(main())
