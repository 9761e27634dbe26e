"""A program: acts that each record an event and store an alert in one transaction, while everything around it dies.

Reads lines ``FIRST COUNT`` and answers ``done``. What it tries and what was committed goes to a journal: a line
``try REFERENCE NUMBER`` before each act, ``ok REFERENCE`` after its commit. An act whose commit was not confirmed may
have happened; it is tried again under another reference and to another number.
"""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from uuid import UUID, uuid4

import django
from django.db import Error, close_old_connections, transaction
from psycopg_pool import PoolTimeout

FIRST_NUMBER = 4520000000
AGAIN = 500_000  # between the numbers of an act's first and next try
PAUSE_SECONDS = 0.05


def main(journal: TextIO) -> None:
    """Act as told until there are no more orders."""
    tries = 0
    for line in sys.stdin:
        first, count = map(int, line.split())
        for number in range(first, first + count):
            to = number
            while not tried(to, journal):
                tries += 1
                to = number + AGAIN * tries
                time.sleep(PAUSE_SECONDS)
                close_old_connections()
        print("done", flush=True)


def tried(number: int, journal: TextIO) -> bool:
    """Act once; tell whether the commit was confirmed."""
    reference = uuid4()
    print("try", reference, f"+{FIRST_NUMBER + number}", file=journal, flush=True)
    try:
        with transaction.atomic():
            act(reference, number)
    except (Error, PoolTimeout):
        return False
    print("ok", reference, file=journal, flush=True)
    return True


def act(reference: UUID, number: int) -> None:
    """Record that an identity was reopened, and tell its holder."""
    from audit.api import Actor, EventKind, record
    from notifications.api import Address, Channel, IdentityReopened, Language, enqueue

    now = datetime.now(UTC)
    record(kind=EventKind.IDENTITY_REOPENED, actor=Actor.visitor(), subject_id=reference, at=now)
    enqueue(
        message=IdentityReopened(at=now),
        addresses=[Address(channel=Channel.SMS, value=f"+{FIRST_NUMBER + number}", id=uuid4())],
        language=Language.DA,
        reference=reference,
        now=now,
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitid_portal.settings")
    django.setup()
    with Path(sys.argv[1]).open("a", encoding="utf-8") as file:
        main(file)
