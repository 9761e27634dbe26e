"""What a backup says of itself: when, of what, with which keys, and what each of its files must be."""

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from hsm import api as hsm
from mitid_portal.backups.errors import BackupDamaged
from mitid_portal.backups.files import CHUNK_BYTES, private_file
from mitid_portal.backups.signing import check_manifest, sign_manifest

FILE: Final = "manifest.json"
FORMAT: Final = 1


class Advance(Protocol):
    """Told how far a step is."""

    def __call__(self, done: int, *, more: int = 0) -> None:
        """Count what was done, and what turned out to lie ahead."""


@dataclass(frozen=True)
class FileEntry:
    """One file of the backup."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class KeyEntry:
    """One version of a key, by what two people can compare and what says nothing of the key."""

    name: str
    version: int
    state: str
    check: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The whole."""

    made_at: datetime
    migrations: dict[str, str]
    server: str
    token_backup: str
    keys: tuple[KeyEntry, ...]
    last_head: dict[str, Any] | None
    files: tuple[FileEntry, ...]

    def write(self, folder: Path) -> None:
        """The manifest is in the folder, signed.

        Raises: HsmUnavailable.
        """
        content = {"format": FORMAT} | asdict(self) | {"made_at": self.made_at.isoformat()}
        written = json.dumps(content, indent=2).encode() + b"\n"
        with private_file(folder / FILE) as stream:
            stream.write(written)
        sign_manifest(folder, written)

    def file(self, name: str) -> FileEntry:
        """Give the entry of a file.

        Raises: BackupDamaged when there is none.
        """
        for entry in self.files:
            if entry.name == name:
                return entry
        raise BackupDamaged(f"The manifest names no file {name}.")

    def check_files(self, folder: Path, advance: Advance) -> None:
        """Every file is there and is what was written.

        Raises: BackupDamaged naming the file.
        """
        advance(0, more=sum(entry.bytes for entry in self.files))
        for entry in self.files:
            if not (folder / entry.name).is_file():
                raise BackupDamaged(f"{entry.name} is missing.")
            if file_entry(folder / entry.name, advance) != entry:
                raise BackupDamaged(f"{entry.name} is not what was written: its SHA-256 or length differs.")


def signed_manifest(folder: Path, fingerprints: Collection[str]) -> Manifest:
    """Give a backup's manifest, of which the very bytes that are read were signed.

    Raises: BackupDamaged, BackupFailed.
    """
    return _understood(folder, lambda written: check_manifest(folder, written, fingerprints))


def read_manifest(folder: Path) -> Manifest:
    """Give a backup's manifest, whoever wrote it: for what believes it nothing.

    Raises: BackupDamaged when there is none, or one that is not understood.
    """
    return _understood(folder, lambda _written: None)


def _understood(folder: Path, check: Callable[[bytes], None]) -> Manifest:
    try:
        written = (folder / FILE).read_bytes()
        check(written)
        content = json.loads(written)
        if content.pop("format") != FORMAT:
            raise BackupDamaged("The backup is of another format: restore it with the version that made it.")
        lists = {
            "files": tuple(FileEntry(**entry) for entry in content.pop("files")),
            "keys": tuple(KeyEntry(**entry) for entry in content.pop("keys")),
            "made_at": datetime.fromisoformat(content.pop("made_at")),
        }
        manifest = Manifest(**content | lists)
    except FileNotFoundError as error:
        raise BackupDamaged(f"{folder} holds no {FILE}: it is no backup, or one that was broken off.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupDamaged(f"{FILE} is not understood.") from error
    if any(Path(entry.name).name != entry.name for entry in manifest.files):
        raise BackupDamaged("The manifest names a file outside the backup.")
    return manifest


def file_entry(file: Path, advance: Advance) -> FileEntry:
    """Give what a file is now."""
    digest, count = hashlib.sha256(), 0
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
            count += len(chunk)
            advance(len(chunk))
    return FileEntry(file.name, count, digest.hexdigest())


def keys_now() -> tuple[KeyEntry, ...]:
    """Give every readable version of every key, with its check value or its public half's fingerprint.

    Raises: HsmUnavailable.
    """
    named = [(name.value, known.version, known.state) for name, of in hsm.readable_versions().items() for known in of]
    named += [(hsm.DATA_KEY, known.version, known.state) for known in hsm.readable_data_keys()]
    return tuple(KeyEntry(name, version, state.value, hsm.check_value(name, version)) for name, version, state in named)
