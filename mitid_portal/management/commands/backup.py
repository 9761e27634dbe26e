"""``manage.py backup``: create, restore, prove (docs/runbooks/backup.md)."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from getpass import getpass
from pathlib import Path
from typing import Any, Final

import psycopg
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from tqdm import tqdm

from audit.api import RestoreReason
from hsm.api import HsmUnavailable
from mitid_portal import clock
from mitid_portal.backups.creating import Watch, create_backup
from mitid_portal.backups.errors import BackupFailed
from mitid_portal.backups.manifest import Advance, read_manifest
from mitid_portal.backups.proving import Proven, prove
from mitid_portal.backups.restoring import restore_backup, restore_token
from mitid_portal.backups.sealed_file import Passphrases
from mitid_portal.backups.tokens import path_in_use, token_backup

NOT_DONE: Final = 2
COUNTS_BYTES: Final = frozenset({"database", "checksum", "checking"})


class Command(BaseCommand):
    """Exit code 0: done and proven; 2: not, and why."""

    help = "Back database and token up together, bring them back, and prove that everything opens."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one act."""
        acts = parser.add_subparsers(dest="act", required=True, parser_class=CommandParser)
        create = acts.add_parser("create", help="Write a backup into a folder that is new or empty.")
        create.add_argument("--to", type=Path, required=True, metavar="FOLDER")
        create.set_defaults(run=self._create)
        restore = acts.add_parser("restore", help="Bring a backup back; web, worker and beat are stopped.")
        restore.add_argument("--from", dest="folder", type=Path, required=True, metavar="FOLDER")
        what = restore.add_mutually_exclusive_group(required=True)
        what.add_argument("--reason", type=RestoreReason, choices=list(RestoreReason), help="why the database is too")
        what.add_argument("--token-only", action="store_true", help="the database is whole; the portal may run on")
        restore.add_argument(
            "--fingerprint",
            dest="fingerprints",
            action="append",
            default=[],
            help="of log-seal, and of log-seal-pq, as their protocols on paper have them; give both",
        )
        restore.add_argument("--replace", action="store_true", help="put away the token and the database that are here")
        restore.set_defaults(run=self._restore)
        proof = acts.add_parser("prove", help="Open every sealed value once.")
        proof.add_argument("--against", type=Path, metavar="FOLDER", help="a backup whose keys have to be here")
        proof.set_defaults(run=self._prove)
        for act in (create, restore):
            act.add_argument("--passphrases-from-stdin", action="store_true", help="two lines, one of each person")

    def handle(self, *_args: Any, run: Callable[[dict[str, Any]], None], **options: Any) -> None:
        """Act, and say in plain words when it was not possible."""
        try:
            run(options)
        except BackupFailed as error:
            raise CommandError(str(error), returncode=NOT_DONE) from error
        except HsmUnavailable as error:
            raise CommandError(f"The keys cannot be reached: {error}", returncode=NOT_DONE) from error
        except (DatabaseError, psycopg.Error) as error:
            raise CommandError(f"The database does not answer: {type(error).__name__}", returncode=NOT_DONE) from error
        except OSError as error:
            raise CommandError(f"A file cannot be read or written: {error}", returncode=NOT_DONE) from error

    def _create(self, options: dict[str, Any]) -> None:
        token = token_backup(path_in_use())
        passphrases = _asked(options, is_new=True) if token.needs_passphrases else None
        with self._timed() as watch:
            manifest = create_backup(options["to"], passphrases, now=clock.now(), watch=watch)
        for entry in manifest.files:
            self.stdout.write(f"{entry.bytes:>15,} bytes  {entry.sha256}  {entry.name}")
        for key in manifest.keys:
            self.stdout.write(f"{key.name:>15} {key.version:<5}  {key.state:<11}  {key.check}")
        self.stdout.write(f"The backup is in {options['to']}. {token.advice}")

    def _restore(self, options: dict[str, Any]) -> None:
        token = token_backup(read_manifest(options["folder"]).token_backup)
        passphrases = _asked(options, is_new=False) if token.needs_passphrases else None
        folder, may_replace = options["folder"], options["replace"]
        with self._timed() as watch:
            if options["token_only"]:
                restored = restore_token(
                    folder,
                    passphrases,
                    fingerprints=options["fingerprints"],
                    may_replace=may_replace,
                    now=clock.now(),
                    watch=watch,
                )
            else:
                restored = restore_backup(
                    folder,
                    passphrases,
                    fingerprints=options["fingerprints"],
                    may_replace=may_replace,
                    reason=options["reason"],
                    now=clock.now(),
                    watch=watch,
                )
        self._tell(restored.proven)
        if restored.is_break_accepted:
            self.stdout.write(
                "The log tells that it was restored and what it lacks: keep the files put away beside it."
            )
        for note in restored.notes:
            self.stdout.write(note)
        what = "the token" if options["token_only"] else "token and database"
        self.stdout.write(f"Restored: {what}, as of {restored.manifest.made_at.isoformat()}. Now: audit verify.")

    def _prove(self, options: dict[str, Any]) -> None:
        manifest = read_manifest(options["against"]) if options["against"] else None
        with self._timed() as watch:
            proven = prove(manifest, watch("proof"))
        self._tell(proven)

    def _tell(self, proven: Proven) -> None:
        self.stdout.write(
            f"Proven: {proven.values:,} sealed values of {proven.columns} columns open; {proven.keys} keys are there."
        )

    @contextmanager
    def _timed(self) -> Iterator[Watch]:
        steps: list[tuple[str, float, Any]] = []

        def end() -> None:
            if steps:
                name, began, bar = steps.pop()
                bar.close()
                self.stdout.write(f"{name:>15} took {time.monotonic() - began:.1f} s")

        def begin(name: str) -> Advance:
            end()
            bar = tqdm(
                desc=name,
                unit="B" if name in COUNTS_BYTES else " rows",
                unit_scale=name in COUNTS_BYTES,
                disable=None,
                leave=False,
                file=sys.stderr,
            )
            steps.append((name, time.monotonic(), bar))
            return partial(_advance, bar)

        try:
            yield begin
        finally:
            end()


def _advance(bar: Any, done: int, *, more: int = 0) -> None:
    if more:
        bar.total = (bar.total or 0) + more
    bar.update(done)


def _asked(options: dict[str, Any], *, is_new: bool) -> Passphrases:
    """Ask two people, one after the other.

    Raises: CommandError when a new one is too short, or not typed twice alike.
    """
    if options["passphrases_from_stdin"]:
        given = [sys.stdin.readline().rstrip("\r\n") for _person in range(2)]
    else:
        given = [_typed(person, is_new=is_new) for person in ("First", "Second")]
    passphrases = Passphrases(*given)
    refusal = passphrases.refusal()
    if refusal is not None:
        raise CommandError(refusal, returncode=NOT_DONE)
    return passphrases


def _typed(person: str, *, is_new: bool) -> str:
    typed = getpass(f"{person} person's passphrase: ")
    if is_new and getpass("The same again: ") != typed:
        raise CommandError("The two are not alike.", returncode=NOT_DONE)
    return typed
