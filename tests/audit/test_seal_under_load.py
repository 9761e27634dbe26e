"""Eight writers that commit, roll back and give up savepoints, while the sealer runs."""

import random
import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from audit.heads import read_heads
from audit.models import AuditEvent
from audit.seals import head_of
from audit.tail import read_tail
from audit.usecases.seal import seal_log
from audit.usecases.verify import verify_log
from tests.audit.sealing import every_seal_holds, record_one, seals

WRITERS = 8
ACTS = 60


class Writer(threading.Thread):
    """Records acts of one to four events; some roll back, some give a part of them up."""

    def __init__(self, seed: int, at: datetime) -> None:
        super().__init__()
        self.random = random.Random(seed)
        self.at = at
        self.committed: list[int] = []

    def run(self) -> None:
        for _ in range(ACTS):
            self.act()
        connection.close()

    def act(self) -> None:
        kept = []
        with transaction.atomic():
            for _ in range(self.random.randint(1, 4)):
                fate = self.random.random()
                with transaction.atomic():
                    row_id = record_one(self.at)
                    if fate < 0.2:
                        transaction.set_rollback(True)
                    else:
                        kept.append(row_id)
                if fate > 0.9:
                    threading.Event().wait(self.random.random() / 20)
            if self.random.random() < 0.25:
                transaction.set_rollback(True)
                kept.clear()
        self.committed += kept


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("files_of_its_own")
def test_every_committed_row_is_covered_once(now):
    """LOG-1."""
    writers = [Writer(seed, now) for seed in range(WRITERS)]
    for writer in writers:
        writer.start()
    turn = 0
    while any(writer.is_alive() for writer in writers):
        turn += 1
        seal_log(now=now + turn * timedelta(milliseconds=20))
        every_committed_row_is_told_of(set())
    for writer in writers:
        writer.join()
    expected = {row_id for writer in writers for row_id in writer.committed}
    assert set(AuditEvent.objects.values_list("id", flat=True)) == expected
    every_committed_row_is_told_of(expected)
    seal_log(now=now + timedelta(minutes=6))
    every_seal_holds()
    assert sum(seal.row_count for seal in seals()) == len(expected)
    assert len(seals()) > 3
    assert any(seal.missing for seal in seals())
    assert list(read_tail()) == []
    assert read_heads() == [head_of(seal) for seal in seals()]
    assert verify_log(now=now + timedelta(minutes=6)).findings == ()


def every_committed_row_is_told_of(expected: set[int]) -> None:
    """By a seal or by the journal."""
    sealed = {
        row_id
        for seal in seals()
        for row_id in {*range(seal.first_id, seal.last_id + 1)}
        - {row_id for low, high in seal.missing for row_id in range(low, high + 1)}
        | set(seal.late)
    }
    assert expected <= sealed | {entry.id for entry in read_tail()}
