"""``manage.py read_bounces``: reads the mailbox that undeliverable e-mails come back to."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from mitid_portal import clock
from notifications.rules.bounces import LONGEST_BOUNCE
from notifications.usecases.note_bounce import BounceOutcome, note_bounce

AT_MOST: Final = 10_000
SEEN: Final = ":2,S"  # how a Maildir marks in a message's file name that somebody has looked at it


class Command(BaseCommand):
    """Acts on each bounce and deletes it; what is none is marked as seen and left for people to read.

    A run that is cut short leaves the rest, and the one that it was at, for the next: a bounce that is read twice
    changes nothing the second time. The files are read as they are: Python's ``mailbox`` parses each message first,
    and one of a thousand parts within parts would end the run.
    """

    help = "Read bounces from a Maildir folder. Run it every few minutes, on the machine that has the mailbox."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take another folder than the settings name, and how many to read at most."""
        parser.add_argument("--maildir", default="", help="the folder that holds cur, new and tmp")
        parser.add_argument("--limit", type=int, default=AT_MOST)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read, and tell what was found."""
        named = options["maildir"] or settings.EMAIL_BOUNCE_MAILDIR
        folder = Path(named)
        if not named or not all((folder / part).is_dir() for part in ("cur", "new")):
            raise CommandError("There is no such Maildir: set EMAIL_BOUNCE_MAILDIR or give --maildir.")
        found: Counter[BounceOutcome] = Counter()
        for file in sorted(_unseen(folder))[: options["limit"]]:
            found[_read(folder, file)] += 1
        self.stdout.write(" ".join(f"{outcome.lower()}={found[outcome]}" for outcome in BounceOutcome))


def _unseen(folder: Path) -> Iterator[Path]:
    """Give the messages that nobody has looked at; ``tmp`` holds what is still being written."""
    for part in ("new", "cur"):
        for file in (folder / part).iterdir():
            flags = file.name.partition(":2,")[2]
            if file.is_file() and not file.name.startswith(".") and "S" not in flags:
                yield file


def _read(folder: Path, file: Path) -> BounceOutcome:
    is_too_long = file.stat().st_size > LONGEST_BOUNCE
    outcome = BounceOutcome.NOT_A_BOUNCE if is_too_long else note_bounce(raw=file.read_bytes(), now=clock.now())
    if outcome is BounceOutcome.NOTED:
        file.unlink()
    else:
        file.rename(folder / "cur" / (file.name.partition(":2,")[0] + SEEN))
    return outcome
