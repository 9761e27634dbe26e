"""``manage.py hsm rewrap``: renew everything protected under the active keys, while the system works."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any, Final, TextIO

from django.core.management.base import CommandError, OutputWrapper

from hsm.api import HsmUnavailable
from hsm.management.progress import Bars
from hsm.models import DataKey, KeyVersion
from hsm.protected_rows import BATCH_ROWS
from hsm.states import DATA_KEY, KeyName, KeyState
from hsm.usecases.rewrap import AlreadyRunning, Rewrapped, rewrap
from hsm.uses import places_using
from mitid_portal import clock

HELP: Final = (
    "Renew data keys, seeds, sealed columns and blind indexes under the active keys, while the system works. "
    "A run that was stopped goes on where it was."
)
SHOWN: Final = 100
WRAPPING: Final = (KeyName.DATA_WRAP, KeyName.SECRET_WRAP, KeyName.LOOKUP, KeyName.VERIFIER)


def add_arguments(parser: ArgumentParser) -> None:
    """Give the command its options."""
    parser.add_argument("--batch", type=int, default=BATCH_ROWS, help="rows read and written at a time")
    parser.add_argument(
        "--pause", type=float, default=0.0, help="seconds of rest after a batch that wrote, to spare a busy database"
    )


def run(options: Mapping[str, Any], stdout: OutputWrapper | TextIO) -> None:
    """Renew what is old, say what was done and what an older version is still needed for.

    Raises: CommandError when something is left that should not be.
    """
    if options["batch"] < 1 or options["pause"] < 0:
        raise CommandError("A batch has a row or more, and a pause is no less than nothing.")
    try:
        with Bars() as bars:
            done = rewrap(now=clock.now(), batch_rows=options["batch"], pause_seconds=options["pause"], progress=bars)
    except AlreadyRunning as error:
        raise CommandError(str(error)) from error
    except HsmUnavailable as error:
        message = f"Stopped: {error} Run it again and it goes on from here."
        raise CommandError(message) from error
    _report(done, stdout)
    if not done.is_whole:
        message = f"{len(done.findings)} values do not open, {done.left} rows were never free."
        raise CommandError(message)


def _report(done: Rewrapped, stdout: OutputWrapper | TextIO) -> None:
    for column, count in sorted(done.renewed.items()):
        stdout.write(f"{column}: {count} renewed\n")
    if not done.renewed:
        stdout.write("Nothing to renew.\n")
    findings = sorted(done.findings, key=lambda finding: (finding.column, finding.key))
    for finding in findings[:SHOWN]:
        stdout.write(f"{finding.column} {finding.key}: does not open\n")
    if len(findings) > SHOWN:
        stdout.write(f"... and {len(findings) - SHOWN} more\n")
    for name, version in _older_versions():
        places = places_using(name, version)
        stdout.write(f"{name} {version}: {'still used by ' + ', '.join(places) if places else 'no longer used'}\n")


def _older_versions() -> list[tuple[str, int]]:
    old = KeyVersion.objects.filter(name__in=WRAPPING, state=KeyState.VERIFY_ONLY).order_by("name", "version")
    data_keys = DataKey.objects.filter(state=KeyState.VERIFY_ONLY).order_by("version")
    return [
        *((DATA_KEY, version) for version in data_keys.values_list("version", flat=True)),
        *old.values_list("name", "version"),
    ]
