"""Code displays and audio code readers come into an office's stock, from the file that their vendor delivers."""

import re
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError
from tqdm import tqdm

from identities.api import (
    AuthenticatorKind,
    DeviceFileError,
    DeviceRecord,
    FileRefusal,
    read_device_csv,
    read_pskc,
)
from mitid_portal import clock
from registration.api import Imported, NotImported, StockKind, UnknownOffice, import_devices

DUPLICATES_SHOWN: Final = 20
OTHERS: Final = 0o077
WORDS: Final[Mapping[FileRefusal, str]] = {
    FileRefusal.TOO_LARGE: "The file is larger than 16 MiB. Have it delivered in parts.",
    FileRefusal.UNREADABLE: "The file is not of this format, or damaged.",
    FileRefusal.EMPTY: "The file has no device.",
    FileRefusal.COLUMN_MISSING: "The first line must name the columns serial and seed, each once.",
    FileRefusal.SERIAL: "A serial number is missing or has other characters than letters, digits and . _ / -",
    FileRefusal.SERIAL_TWICE: "A serial number stands in the file twice.",
    FileRefusal.KIND: "A kind is neither code_display nor audio_code_reader.",
    FileRefusal.SEED: "A seed is missing, cannot be read, or is not 20 to 64 bytes long.",
    FileRefusal.IN_THE_CLEAR: "A seed is not encrypted. PSKC is taken encrypted only.",
    FileRefusal.ALGORITHM: "An algorithm is not one that is taken: AES-CBC with an HMAC, TOTP.",
    FileRefusal.PARAMETERS: "A device gives other codes than six digits every 30 seconds.",
    FileRefusal.KEY: "The key does not open the file, or the file was changed.",
}


class Command(BaseCommand):
    """``manage.py import_devices FILE --office ID --kind code_display --key-file KEY``."""

    help = "Put the devices of a vendor's file into an office's stock: all of them, or none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, where its devices go, what they are, and what opens it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--office", type=UUID, required=True, help="the office's id")
        parser.add_argument("--kind", choices=StockKind.values, required=True, help="where the file does not tell")
        parser.add_argument("--format", choices=["pskc", "csv"], default="pskc", help="PSKC (RFC 6030) or a table")
        parser.add_argument("--key-file", type=Path, help="file with the AES key of PSKC, as hexadecimal digits")

    def handle(self, *, file: Path, office: UUID, kind: str, key_file: Path | None, **options: object) -> None:
        """Import the devices and say how many; no seed and no key is ever printed."""
        is_table = options["format"] == "csv"
        try:
            records = _read(file, kind=AuthenticatorKind(kind), key_file=key_file, is_table=is_table)
            with tqdm(total=len(records), unit=" devices", disable=None) as bar:
                outcome = import_devices(office_id=office, records=records, now=clock.now(), progress=bar.update)
        except DeviceFileError as error:
            place = f" ({error.place})" if error.place else ""
            raise CommandError(f"Nothing was imported. {WORDS[error.reason]}{place}") from error
        except UnknownOffice as error:
            raise CommandError("Nothing was imported. There is no such office.") from error
        except IntegrityError as error:
            raise CommandError("Nothing was imported. Another import brought the same serial number.") from error
        match outcome:
            case NotImported(duplicates=duplicates):
                raise CommandError(_duplicates(duplicates))
            case Imported(devices=devices):
                self.stdout.write(f"{devices} devices are in stock.")
        if is_table:
            self.stderr.write("The file holds seeds in the clear: destroy it, and every copy of it.")


def _read(file: Path, *, kind: AuthenticatorKind, key_file: Path | None, is_table: bool) -> list[DeviceRecord]:
    """Open the vendor's file. Raises: CommandError; DeviceFileError."""
    if is_table == (key_file is not None):
        raise CommandError("PSKC needs --key-file; a table is not encrypted and has no key.")
    try:
        content = file.read_bytes()
        if key_file is None:
            return read_device_csv(content.decode("utf-8"), kind=kind)
        return read_pskc(content, _key(key_file), kind=kind)
    except OSError as error:
        raise CommandError(f"A file cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DeviceFileError(FileRefusal.UNREADABLE) from error


def _key(file: Path) -> bytes:
    """Give the key. Raises: CommandError, without a word of what stands in the file."""
    if file.stat().st_mode & OTHERS:
        raise CommandError("Others than its owner can read the key file. Take their right away: chmod 600.")
    text = "".join(file.read_bytes().decode("ascii", errors="replace").split())
    if not re.fullmatch(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{64}", text):
        raise CommandError("The key file must hold 32 or 64 hexadecimal digits.")
    return bytes.fromhex(text)


def _duplicates(serials: tuple[str, ...]) -> str:
    shown = ", ".join(serials[:DUPLICATES_SHOWN])
    more = f" and {len(serials) - DUPLICATES_SHOWN} more" if len(serials) > DUPLICATES_SHOWN else ""
    return f"Nothing was imported. Known already or twice in the file, in capitals: {shown}{more}."
