"""The heads of the seals in a file outside the database: a log cut off after them shows (LOG-1)."""

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings

logger = logging.getLogger(__name__)

LONGEST_LINE_BYTES: Final = 4096


@dataclass(frozen=True)
class Head:
    """One seal, in short."""

    number: int
    hash: bytes
    last_id: int
    at: datetime


def append_heads(heads: Sequence[Head]) -> bool:
    """The file ends with those of ``heads`` that were not its end yet, on disk, in their order.

    Returns: false when it could not be written, which is logged; the next sealing writes what is missing.
    """
    file = Path(settings.AUDIT_HEADS_FILE)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _append(descriptor, heads)
        finally:
            os.close(descriptor)
    except OSError as error:
        logger.error("The log's heads cannot be written: %s", error)  # noqa: TRY400 - the cause says it all
        return False
    return True


def each_head() -> Iterator[Head]:
    """Give every head in the order of writing; a line torn by a crash is passed by, and no file is no head.

    The file grows for years, so it is read line by line; whoever seals asks ``last_head``.

    Raises: OSError when the file is there and cannot be read.
    """
    try:
        with Path(settings.AUDIT_HEADS_FILE).open("rb") as stream:
            # Zeros that a crash left may be as long as they like: no more than a line may be is asked for.
            while line := stream.readline(LONGEST_LINE_BYTES):
                head = _parsed(line)
                if head is not None:
                    yield head
    except FileNotFoundError:
        return


def read_heads() -> list[Head]:
    """Give all of ``each_head``. Raises: OSError."""
    return list(each_head())


def last_head() -> Head | None:
    """Give the head written last, from the file's end alone, however long the file is.

    Raises: OSError when the file is there and cannot be read.
    """
    try:
        descriptor = os.open(settings.AUDIT_HEADS_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return _last(_end(descriptor))
    finally:
        os.close(descriptor)


def _append(descriptor: int, heads: Sequence[Head]) -> None:
    end = _end(descriptor)
    last = _last(end)
    if last in heads:  # two sealers that both found them missing
        heads = heads[heads.index(last) + 1 :]
    text = b"".join(_line(head) for head in heads)
    if text:
        # What a crash tore off stays a line of its own.
        text = text if not end or end.endswith(b"\n") else b"\n" + text
        written = os.write(descriptor, text)
        if written < len(text):
            raise OSError("The disk is full.")
        os.fsync(descriptor)


def _end(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, LONGEST_LINE_BYTES, max(0, size - LONGEST_LINE_BYTES))


def _last(end: bytes) -> Head | None:
    parsed = (_parsed(line) for line in reversed(end.splitlines()))
    return next((head for head in parsed if head is not None), None)


def _line(head: Head) -> bytes:
    fields = {"number": head.number, "hash": head.hash.hex(), "last_id": head.last_id, "at": head.at.isoformat()}
    return json.dumps(fields).encode() + b"\n"


def _parsed(line: bytes) -> Head | None:
    try:
        fields = json.loads(line)
        return Head(
            number=int(fields["number"]),
            hash=bytes.fromhex(fields["hash"]),
            last_id=int(fields["last_id"]),
            at=datetime.fromisoformat(fields["at"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
