"""Making a backup: the log's heads, then the database, then the token."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from audit.api import Actor, EventKind, record
from mitid_portal.backups import database
from mitid_portal.backups.errors import BackupFailed, TargetNotEmpty
from mitid_portal.backups.files import copy_privately
from mitid_portal.backups.heads import last_line
from mitid_portal.backups.manifest import Advance, FileEntry, Manifest, file_entry, keys_now
from mitid_portal.backups.sealed_file import Passphrases
from mitid_portal.backups.tokens import path_in_use, token_backup

HEADS_FILE: Final = "audit-heads.jsonl"

Watch = Callable[[str], Advance]
"""Told of each step as it begins; what it gives is told of bytes."""


def create_backup(folder: Path, passphrases: Passphrases | None, *, now: datetime, watch: Watch) -> Manifest:
    """A backup of database and token is in the folder, whole, or there is none.

    The heads come first: a log that is restored has every seal that the restored heads tell of. The token comes
    last: a key made meanwhile is one too many, in the other order one would be missing.

    Rule:   KEY-1 (the token's copy is sealed), KEY-2.
    Raises: TargetNotEmpty, BackupFailed; HsmUnavailable when the keys cannot be named.
    Writes: AuditEvent.
    """
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise TargetNotEmpty(f"{folder} is not empty.")
    partial = folder.with_name(f"{folder.name}.partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    try:
        partial.mkdir(mode=0o700)
    except FileExistsError as error:
        raise BackupFailed(f"{partial} is there: another backup runs, or one was broken off; delete it.") from error
    try:
        manifest = _written(partial, passphrases, now, watch)
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    _sync(folder.parent)
    _note(manifest, now)
    return manifest


def _written(folder: Path, passphrases: Passphrases | None, now: datetime, watch: Watch) -> Manifest:
    way = path_in_use()
    token = token_backup(way)
    files, last_head = [], None
    heads = Path(settings.AUDIT_HEADS_FILE)
    if heads.exists():
        copy_privately(heads, folder / HEADS_FILE)
        files.append(file_entry(folder / HEADS_FILE, unwatched))
        last_head = last_line(folder / HEADS_FILE)
    server = database.server_version()
    dumped = file_entry(database.dump(folder, watch("database")), watch("checksum"))
    files.append(dumped)
    watch("token")
    saved = token.save(folder, passphrases, bound_to=dump_id(dumped))
    files += [file_entry(file, unwatched) for file in saved]
    manifest = Manifest(
        made_at=now,
        migrations=dict(MigrationLoader(connection).graph.leaf_nodes()),
        server=server,
        token_backup=way,
        keys=keys_now(),
        last_head=last_head,
        files=tuple(files),
    )
    manifest.write(folder)
    _sync(folder)
    return manifest


def dump_id(entry: FileEntry) -> bytes:
    """Give what the token's file is bound to, so that nobody without the passphrases passes another database off."""
    return f"{entry.bytes} {entry.sha256}".encode("ascii")


@transaction.atomic(durable=True)
def _note(manifest: Manifest, now: datetime) -> None:
    facts: dict[str, Any] = {"bytes": sum(entry.bytes for entry in manifest.files), "keys": len(manifest.keys)}
    record(kind=EventKind.BACKUP_CREATED, actor=Actor.system(), subject_id=None, at=now, facts=facts)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwatched(done: int, *, more: int = 0) -> None:
    """Small files need no bar."""
