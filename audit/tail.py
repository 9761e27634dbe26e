"""The tail journal: which committed rows no seal covers yet, told outside the database (LOG-1).

Each process appends to a file of its own. Whoever writes or shortens one holds its lock, so a row that is noted while
the sealer shortens the file is not lost: the writer then finds its file gone and begins it anew.
"""

import fcntl
import logging
import os
import socket
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings

logger = logging.getLogger(__name__)

MAC_BYTES: Final = 34
ENTRY_BYTES: Final = 8 + MAC_BYTES
CHUNK_BYTES: Final = 10_000 * ENTRY_BYTES


@dataclass(frozen=True)
class TailEntry:
    """A row that was committed: its id and its keyed hash."""

    id: int
    mac: bytes


class _Journal:
    """This process's file, open since the first row that it noted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._descriptor: int | None = None

    def append(self, entry: bytes) -> None:
        """The file ends with the entry. Raises: OSError."""
        with self._lock:
            descriptor = self._locked()
            try:
                os.write(descriptor, entry)
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _locked(self) -> int:
        folder = settings.AUDIT_TAIL_DIR
        while True:
            if self._descriptor is None or folder != self._folder:
                self._open(folder)
            descriptor = self._descriptor
            if descriptor is None:
                raise FileNotFoundError(folder)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            status = os.fstat(descriptor)
            if status.st_nlink:
                torn = status.st_size % ENTRY_BYTES
                if torn:  # a crash, or a full disk, cut an entry off: later ones must begin where entries begin
                    os.ftruncate(descriptor, status.st_size - torn)
                return descriptor
            self.close()

    def _open(self, folder: Path) -> None:
        self.close()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = folder / f"{socket.gethostname()}-{os.getpid()}.tail"
        self._descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._folder = folder

    def close(self) -> None:
        """The file is not open here any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


_journal = _Journal()


def _begin_anew() -> None:
    # In a child: its rows go to a file of its own. The lock may have been held by a thread that the child has not.
    global _journal  # noqa: PLW0603 - one a process
    _journal.close()
    _journal = _Journal()


os.register_at_fork(after_in_child=_begin_anew)


def note(row_id: int, mac: bytes) -> None:
    """This process's journal names a row, which the caller has committed.

    A journal that cannot be written is logged and fails nothing.
    """
    try:
        _journal.append(row_id.to_bytes(8, "big") + mac)
    except OSError as error:
        logger.error("The log's tail journal cannot be written: %s", error)  # noqa: TRY400 - the cause says it all


def read_tail() -> Iterator[TailEntry]:
    """Give the entries of every process's journal, in no order; one torn by a crash is passed by.

    Raises: OSError when a journal is there and cannot be read.
    """
    for file in _files():
        try:
            stream = file.open("rb")
        except FileNotFoundError:  # shortened to nothing meanwhile
            continue
        with stream:
            for entries in _chunks(stream):
                yield from (TailEntry(int.from_bytes(entry[:8], "big"), entry[8:]) for entry in entries)


def prune(sealed: Iterable[tuple[int, bytes]]) -> None:
    """No journal names these rows any more: id and keyed hash, both as they were sealed.

    Never by the id alone: a sequence that is set back has ids written twice, and the second row is sealed nowhere.
    The files of processes that have ended go by this too.

    Raises: OSError.
    """
    gone = {row_id.to_bytes(8, "big") + mac for row_id, mac in sealed}
    for file in _files():
        while not _is_pruned(file, gone):
            continue  # another process put a shorter file in its place while this one waited


def _is_pruned(file: Path, gone: Collection[bytes]) -> bool:
    try:
        stream = file.open("rb")
    except FileNotFoundError:
        return True
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        is_named = bool(os.fstat(stream.fileno()).st_nlink)
        if is_named:
            _prune_file(file, stream, gone)
    return is_named


def _files() -> list[Path]:
    return sorted(settings.AUDIT_TAIL_DIR.glob("*.tail"))


def _chunks(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Give the whole entries of a journal, some at a time, however long it is."""
    while content := stream.read(CHUNK_BYTES):
        whole = len(content) - len(content) % ENTRY_BYTES
        yield [content[start : start + ENTRY_BYTES] for start in range(0, whole, ENTRY_BYTES)]


def _prune_file(file: Path, stream: BinaryIO, gone: Collection[bytes]) -> None:
    count = kept = 0
    for entries in _chunks(stream):
        count += len(entries)
        kept += sum(entry not in gone for entry in entries)
    if not kept:
        file.unlink()
    elif kept < count:
        stream.seek(0)
        # Renamed over, so that a crash leaves the one or the other, whole; the old file's writer sees that it has no
        # name.
        fresh = file.with_suffix(".new")
        with fresh.open("wb") as target:
            fresh.chmod(0o600)
            for entries in _chunks(stream):
                target.write(b"".join(entry for entry in entries if entry not in gone))
        fresh.replace(file)
