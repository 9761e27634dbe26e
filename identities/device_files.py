"""Files in which vendors deliver code displays and audio code readers; PSKC, the encrypted one, is in ``pskc``."""

import binascii
import csv
import io
import re
from base64 import b32decode
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from identities.states import CODE_DEVICES, AuthenticatorKind

LARGEST_FILE: Final = 16 * 1024 * 1024  # bytes: a delivery of about ten thousand devices
SERIAL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,31}")  # as wide as the column
SHORTEST_SEED: Final = 20  # RFC 4226 section 4 (R6)
LONGEST_SEED: Final = 64  # a block of the hash
COLUMNS: Final = frozenset({"serial", "seed"})
SEPARATORS: Final = ",;\t"


class FileRefusal(StrEnum):
    """Why nothing of a file is taken."""

    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    COLUMN_MISSING = "column_missing"
    SERIAL = "serial"
    SERIAL_TWICE = "serial_twice"
    KIND = "kind"
    SEED = "seed"
    IN_THE_CLEAR = "in_the_clear"
    ALGORITHM = "algorithm"
    PARAMETERS = "parameters"
    KEY = "key"


class DeviceFileError(ValueError):
    """Nothing of the file is taken. The message names what and where, never a secret."""

    def __init__(self, reason: FileRefusal, place: str = "") -> None:
        super().__init__(f"{reason.value}: {place}" if place else reason.value)
        self.reason = reason
        self.place = place


@dataclass(frozen=True, kw_only=True)
class DeviceRecord:
    """One device as its vendor delivers it."""

    serial: str
    kind: AuthenticatorKind
    seed: bytes = field(repr=False)


def read_device_csv(text: str, *, kind: AuthenticatorKind = AuthenticatorKind.CODE_DISPLAY) -> list[DeviceRecord]:
    """Read a table with the columns ``serial`` and ``seed``, and ``kind`` where a delivery mixes them.

    The first line names the columns, in any order; others are passed over. The separator is a comma, a semicolon or a
    tab, whichever the first line has. A byte order mark and quotes are as spreadsheets write them.

    Returns: the devices, of ``kind`` where the file does not tell.
    Raises:  DeviceFileError.
    Bytes:   a seed is written as hexadecimal digits or, with capitals, as base32 (RFC 4648).
    """
    if len(text) > LARGEST_FILE:
        raise DeviceFileError(FileRefusal.TOO_LARGE)
    rows = _rows(text.removeprefix("\ufeff"))
    records = [
        DeviceRecord(
            serial=checked_serial(row["serial"], place=f"line {line}"),
            kind=_kind(row.get("kind") or kind.value, place=f"line {line}"),
            seed=checked_seed(_seed(row["seed"], place=f"line {line}"), place=f"line {line}"),
        )
        for line, row in rows
    ]
    return checked_records(records)


def checked_serial(serial: str, *, place: str) -> str:
    """Give a serial number without the space around it. Raises: DeviceFileError."""
    if not SERIAL.fullmatch(serial.strip()):
        raise DeviceFileError(FileRefusal.SERIAL, place)
    return serial.strip()


def checked_seed(seed: bytes, *, place: str) -> bytes:
    """Give a seed that the HSM will take. Raises: DeviceFileError."""
    if not SHORTEST_SEED <= len(seed) <= LONGEST_SEED:
        raise DeviceFileError(FileRefusal.SEED, place)
    return seed


def checked_records(records: list[DeviceRecord]) -> list[DeviceRecord]:
    """Give the devices of a file that has some, none of them twice. Raises: DeviceFileError."""
    if not records:
        raise DeviceFileError(FileRefusal.EMPTY)
    seen: set[str] = set()
    for record in records:
        if record.serial in seen:
            raise DeviceFileError(FileRefusal.SERIAL_TWICE, record.serial)
        seen.add(record.serial)
    return records


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    """Give each line that is not empty, with its number. Cells that are missing are empty."""
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        if not names:
            raise DeviceFileError(FileRefusal.EMPTY)
        if not COLUMNS.issubset(names) or len(set(names)) != len(names):
            raise DeviceFileError(FileRefusal.COLUMN_MISSING, "line 1")
        rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise DeviceFileError(FileRefusal.UNREADABLE, f"line {reader.line_num}") from error
    return [(line, dict(zip(names, cells + [""] * len(names), strict=False))) for line, cells in rows]


def _kind(value: str, *, place: str) -> AuthenticatorKind:
    name = value.strip().casefold()
    if name not in {kind.value for kind in CODE_DEVICES}:
        raise DeviceFileError(FileRefusal.KIND, place)
    return AuthenticatorKind(name)


def _seed(written: str, *, place: str) -> bytes:
    text = "".join(written.split())
    try:
        if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", text):
            return bytes.fromhex(text)
        return b32decode(text + "=" * (-len(text) % 8))
    except (ValueError, binascii.Error) as error:
        raise DeviceFileError(FileRefusal.SEED, place) from error
