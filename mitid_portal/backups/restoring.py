"""Bringing a backup back: everything checked first, then the token, then the database, then the proof."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from audit.api import Actor, EventKind, Fact, NothingLost, RestoreReason, accept_restore, record
from hsm import api as hsm
from mitid_portal.backups import database
from mitid_portal.backups.creating import HEADS_FILE, Watch, dump_id, unwatched
from mitid_portal.backups.errors import BackupDamaged, BackupFailed, TargetNotEmpty
from mitid_portal.backups.files import copy_privately
from mitid_portal.backups.manifest import Manifest, file_entry, signed_manifest
from mitid_portal.backups.proving import Proven, prove
from mitid_portal.backups.sealed_file import Passphrases
from mitid_portal.backups.tokens import TokenBackup, token_backup

MIGRATE: Final = (
    "The backup is back, and older than this version. Before anything is started: manage.py migrate, then"
    " manage.py audit accept-restore {reason}, then manage.py backup prove."
)


@dataclass(frozen=True)
class Restored:
    """What came back."""

    manifest: Manifest
    proven: Proven
    is_break_accepted: bool
    notes: tuple[str, ...]


def restore_backup(
    folder: Path,
    passphrases: Passphrases | None,
    *,
    fingerprints: Collection[str],
    may_replace: bool,
    reason: RestoreReason,
    now: datetime,
    watch: Watch,
) -> Restored:
    """Token and database are those of the backup, and every sealed value opens.

    The manifest is believed for its signatures of keys with these fingerprints, and every file for the manifest. The
    portal is stopped. Until every file is checked and the token is opened, nothing is touched; a database that
    does not come back whole leaves the old one, and then the old token is put back too.

    Rule:   KEY-2, LOG-1.
    Raises: BackupDamaged, WrongPassphrases, TargetNotEmpty, BackupFailed; ProofFailed with everything in place.
    Writes: everything; AuditEvent.
    """
    manifest = signed_manifest(folder, fingerprints)
    token = token_backup(manifest.token_backup)
    manifest.check_files(folder, watch("checking"))
    _refuse_unfit_target(token, may_replace=may_replace)
    watch("token")
    staged = token.stage(folder, passphrases, bound_to=dump_id(manifest.file(database.FILE)))
    try:
        staged.put_in_place()
        database.restore(folder / database.FILE, manifest.file(database.FILE), watch("database"))
    except BaseException:
        staged.put_back()
        raise
    hsm.forget()
    heads_note = _bring_heads_back(folder, manifest)
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise BackupFailed(MIGRATE.format(reason=reason.value))
    # Before the proof, which may take long and find something: a break that is not accepted is one for ever after.
    is_accepted = _accept(reason, now)
    _note(manifest, reason.value, now)
    proven = prove(manifest, watch("proof"))
    return Restored(manifest, proven, is_accepted, tuple(note for note in (staged.note(), heads_note) if note))


def restore_token(
    folder: Path,
    passphrases: Passphrases | None,
    *,
    fingerprints: Collection[str],
    may_replace: bool,
    now: datetime,
    watch: Watch,
) -> Restored:
    """The token is that of the backup, and opens what is sealed in the database as it is now.

    For a token that was lost while the database was not; the portal may go on running, and uses it at once.

    Rule:   KEY-2.
    Raises: BackupDamaged, WrongPassphrases, TargetNotEmpty; ProofFailed or HsmUnavailable with the token in place
            when the database needs a key that was made after the backup.
    Writes: the token; AuditEvent.
    """
    manifest = signed_manifest(folder, fingerprints)
    token = token_backup(manifest.token_backup)
    manifest.check_files(folder, watch("checking"))
    if not (may_replace or token.is_target_empty()):
        raise TargetNotEmpty("There is a token here already; --replace puts it away.")
    watch("token")
    staged = token.stage(folder, passphrases, bound_to=dump_id(manifest.file(database.FILE)))
    try:
        staged.put_in_place()
    except BaseException:
        staged.put_back()
        raise
    hsm.forget()
    proven = prove(manifest, watch("proof"))
    _note(manifest, "token_lost", now)
    return Restored(manifest, proven, is_break_accepted=False, notes=tuple(note for note in (staged.note(),) if note))


def _refuse_unfit_target(token: TokenBackup, *, may_replace: bool) -> None:
    if not may_replace and not (token.is_target_empty() and database.is_empty()):
        raise TargetNotEmpty("There is a token or a database here already; --replace puts it away.")
    if database.others_at_work():
        raise TargetNotEmpty("Something else works with the database: stop web, worker and beat first.")


def _bring_heads_back(folder: Path, manifest: Manifest) -> str:
    # The file that is there tells more than the copy: what the restored log lacks. It is not replaced.
    heads = Path(settings.AUDIT_HEADS_FILE)
    if heads.exists() or not (folder / HEADS_FILE).exists():
        return ""
    heads.parent.mkdir(parents=True, exist_ok=True)
    fresh = heads.with_name(HEADS_FILE)
    copy_privately(folder / HEADS_FILE, fresh)
    copied, wanted = file_entry(fresh, unwatched), manifest.file(HEADS_FILE)
    if copied != wanted:
        fresh.unlink()
        raise BackupDamaged(f"{HEADS_FILE} is not what was written: it was changed while it was read.")
    fresh.rename(heads)
    return f"{heads} was gone; it is the backup's copy now, which tells of nothing sealed later."


def _accept(reason: RestoreReason, now: datetime) -> bool:
    try:
        accept_restore(reason=reason, now=now)
    except NothingLost:
        return False
    return True


@transaction.atomic(durable=True)
def _note(manifest: Manifest, reason: str, now: datetime) -> None:
    lost_seconds = max(0, round((now - manifest.made_at).total_seconds()))
    facts: dict[str, Fact] = {"reason": reason, "backup_age_seconds": lost_seconds}
    record(kind=EventKind.BACKUP_RESTORED, actor=Actor.system(), subject_id=None, at=now, facts=facts)
