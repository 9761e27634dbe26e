"""The process that stores the alerts of ``bench.notifications``, as a use case does: each in a transaction of its own.

Prints, a line each, the number that an alert goes to and the instant at which its transaction was committed; and then,
on a line of their own, the CPU seconds that storing and waking took.
"""

import os
import sys
import time
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

UNPACED: Final = 0.0
FIRST_NUMBER: Final = 4520000000


def main(first: int, count: int, per_second: float) -> None:
    """Store ``count`` alerts, ``per_second`` of them by the clock, or as fast as one process can."""
    import django  # noqa: PLC0415 - for this process alone

    django.setup()
    _store(-1)  # what a process loads once is not what is measured
    print("ready", flush=True)
    sys.stdin.readline()
    committed: list[tuple[int, float]] = []
    begun, cpu_before = time.monotonic(), time.process_time()
    for number in range(count):
        if per_second > UNPACED:
            time.sleep(max(0.0, begun + number / per_second - time.monotonic()))
        committed.append((FIRST_NUMBER + first + number, _store(first + number)))
    spent = time.process_time() - cpu_before
    for to, at in committed:
        print(to, at)
    print(spent)


def _store(number: int) -> float:
    """Store one alert; return the instant after the commit and before workers are woken."""
    from django.db import transaction  # noqa: PLC0415 - after the settings

    from notifications.api import Address, Channel, IdentityReopened, Language, enqueue  # noqa: PLC0415 - as above

    now, at = datetime.now(UTC), []
    with transaction.atomic():
        transaction.on_commit(lambda: at.append(time.time()))
        enqueue(
            message=IdentityReopened(at=now),
            addresses=[Address(channel=Channel.SMS, value=f"+{FIRST_NUMBER + number}", id=uuid4())],
            language=Language.DA,
            reference=uuid4(),
            now=now,
        )
    (committed_at,) = at
    return committed_at


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitid_portal.settings")
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
