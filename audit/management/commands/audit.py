"""``manage.py audit``: verify the log, export it, check an export, accept a restore."""

import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError
from psycopg_pool import PoolTimeout
from tqdm import tqdm

from audit.sealer import sealer
from audit.usecases.accept_restore import NothingLost, RestoreReason, accept_restore
from audit.usecases.export import DENMARK, ExportRefused, export_log
from audit.usecases.verify import seal_at, verify_log
from audit.verification.checking import check_export, report, trust_from
from audit.verification.examination import UnknownSeal
from audit.verification.export_format import fingerprint, key_entry
from audit.verification.findings import Finding, Progress, Verification
from mitid_portal import clock

FOUND: Final = 1
NOT_DONE: Final = 2


class Command(BaseCommand):
    """Exit code 0: nothing is wrong; 1: something was found; 2: it could not be looked at, and why."""

    help = "Verify and export the audit log."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Take one act and what belongs to it."""
        acts = parser.add_subparsers(dest="act", required=True, parser_class=CommandParser)
        verify = acts.add_parser("verify", help="Hold the log against its seals, its heads file and its journal.")
        start = verify.add_mutually_exclusive_group()
        start.add_argument("--from-seal", type=_positive, metavar="NUMBER")
        start.add_argument(
            "--from", dest="from_instant", type=_instant, metavar="INSTANT", help="2026-11-23 or ISO 8601"
        )
        verify.add_argument("--json", action="store_true", help="one JSON object instead of lines")
        verify.set_defaults(run=self._verify)
        export = acts.add_parser("export", help="Write the events of a period, with seals and signatures, to a file.")
        export.add_argument("--from", dest="first", type=date.fromisoformat, required=True, help="first Danish day")
        export.add_argument("--to", dest="end", type=date.fromisoformat, required=True, help="day after the last")
        export.add_argument("--out", type=Path, required=True)
        export.set_defaults(run=self._export)
        check = acts.add_parser("check-export", help="Check an export; needs no database and no module.")
        check.add_argument("file", type=Path)
        check.add_argument("--fingerprint", help="of the public keys, as it was told by another way")
        check.add_argument("--public-keys", type=Path, help="file that public-keys wrote")
        check.set_defaults(run=self._check_export)
        keys = acts.add_parser("public-keys", help="Write the public keys that auditors check exports with.")
        keys.add_argument("--out", type=Path)
        keys.set_defaults(run=self._public_keys)
        accept = acts.add_parser("accept-restore", help="Accept that a restored database lacks what was lost.")
        accept.add_argument("reason", type=RestoreReason, choices=list(RestoreReason))
        accept.set_defaults(run=self._accept_restore)

    def handle(self, *_args: Any, run: Callable[..., None], **options: Any) -> None:
        """Act, and say in plain words when it was not possible."""
        try:
            run(options)
        except (DatabaseError, InterfaceError, PoolTimeout) as error:
            raise CommandError(f"The database cannot be read: {error}", returncode=NOT_DONE) from error
        except sealer().away as error:
            raise CommandError(f"The keys cannot be reached: {error}", returncode=NOT_DONE) from error
        except OSError as error:
            raise CommandError(f"A file cannot be read or written: {error}", returncode=NOT_DONE) from error
        except (UnknownSeal, ExportRefused, ValueError) as error:
            raise CommandError(str(error), returncode=NOT_DONE) from error

    def _verify(self, options: dict[str, Any]) -> None:
        from_seal = options["from_seal"]
        if options["from_instant"] is not None:
            from_seal = seal_at(options["from_instant"])
            if from_seal is None:
                raise CommandError("No seal was made then or later.", returncode=NOT_DONE)
        with _bar("rows") as progress:
            verification = verify_log(now=clock.now(), from_seal=from_seal, progress=progress)
        lines = [_as_json(verification)] if options["json"] else list(_as_lines(verification))
        self.stdout.write("\n".join(lines))
        if not verification.is_clean:
            sys.exit(FOUND)

    def _export(self, options: dict[str, Any]) -> None:
        with _bar("events") as progress:
            made = export_log(
                first=options["first"], end=options["end"], file=options["out"], now=clock.now(), progress=progress
            )
        self.stdout.write(
            f"{made.events} events and {made.seals} seals in {options['out']}\nSHA-256 of its lines: {made.sha256}\n"
            f"Fingerprint of the keys: {made.fingerprint}"
        )
        if made.wrong_events:
            self.stdout.write(f"{made.wrong_events} events do not fit their keyed hash: verify the log.")
        if made.wrong_seals:
            self.stdout.write(f"{made.wrong_seals} seals are not over the rows that are there: verify the log.")
        if made.wrong_events or made.wrong_seals:
            sys.exit(FOUND)

    def _check_export(self, options: dict[str, Any]) -> None:
        trust = trust_from(pinned=options["fingerprint"], keys_file=options["public_keys"])
        file: Path = options["file"]
        with tqdm(total=file.stat().st_size, unit="B", unit_scale=True, disable=None) as bar:
            result = check_export(file, trust, read=bar.update)
        self.stdout.write("\n".join(report(result)))
        if result.objections:
            sys.exit(FOUND)

    def _public_keys(self, options: dict[str, Any]) -> None:
        keys = [key_entry(key) for key in sealer().public_keys()]
        written = json.dumps({"keys": keys}, indent=2)
        if options["out"] is None:
            self.stdout.write(written)
        else:
            options["out"].write_text(written + "\n", encoding="ascii")
        self.stderr.write(f"Fingerprint: {fingerprint(keys)}")

    def _accept_restore(self, options: dict[str, Any]) -> None:
        try:
            accepted = accept_restore(reason=options["reason"], now=clock.now())
        except NothingLost as refusal:
            raise CommandError(str(refusal), returncode=FOUND) from refusal
        lost = f"events after seal {accepted.kept_number} are lost that no seal tells of"
        if accepted.lost_number > accepted.kept_number:
            lost = f"seals {accepted.kept_number + 1} to {accepted.lost_number} are lost"
        self.stdout.write(
            f"Accepted: {lost}; the last seal was {accepted.lost_hash}.\n"
            f"Put away: {', '.join(map(str, accepted.put_away))}"
        )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("Seals are numbered from 1.")
    return number


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if len(text) == len("2026-11-23"):
        return datetime.combine(instant.date(), time(), tzinfo=DENMARK)
    return instant if instant.tzinfo else instant.replace(tzinfo=DENMARK)


@contextmanager
def _bar(unit: str) -> Iterator[Progress]:
    with tqdm(unit=f" {unit}", unit_scale=True, disable=None) as bar:

        def tell(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield tell


def _as_lines(verification: Verification) -> Iterator[str]:
    rate = verification.rows / max(verification.seconds, 0.001)
    upto = "no seal" if verification.to_seal is None else f"seal {verification.to_seal}"
    yield (
        f"From seal {verification.from_seal} to {upto}: {verification.rows} rows, {verification.unsealed} of them not"
        f" sealed yet, in {verification.seconds:.1f} s ({rate:.0f} rows/s)."
    )
    for restore in verification.restores:
        yield (
            f"Accepted {restore.at:%Y-%m-%d %H:%M} UTC ({restore.reason}), row {restore.row_id}: restored at seal"
            f" {restore.kept_number}; lost up to seal {restore.lost_number}, {restore.lost_hash}."
        )
    for finding in verification.findings:
        yield f"{finding.kind.value.upper()} at {finding.place()}: {finding.what}"
    yield "Nothing was found." if verification.is_clean else f"Findings: {len(verification.findings)}."


def _as_json(verification: Verification) -> str:
    return json.dumps(asdict(verification) | {"is_clean": verification.is_clean}, default=_plain)


def _plain(value: Finding | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
