"""Files and folders that only their owner reads."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

CHUNK_BYTES: Final = 1_048_576


@contextmanager
def private_file(file: Path) -> Iterator[IO[bytes]]:
    """Write a file anew, mode 0600; it is on the disk at the end."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def copy_privately(source: Path, target: Path) -> None:
    """The file is copied, mode 0600, in pieces."""
    with source.open("rb") as reading, private_file(target) as writing:
        while chunk := reading.read(CHUNK_BYTES):
            writing.write(chunk)
