"""The tail journal: nothing that was noted is lost before a seal covers it."""

import os
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit import tail
from audit.tail import ENTRY_BYTES, TailEntry, note, prune, read_tail
from tests.audit.sealing import record_one

pytestmark = pytest.mark.usefixtures("files_of_its_own")
MAC = bytes(range(34))


def ids() -> list[int]:
    return sorted(entry.id for entry in read_tail())


def test_what_is_noted_is_read(settings):
    for row_id in (1, 2**62, 3):
        note(row_id, MAC)
    assert sorted(read_tail(), key=lambda entry: entry.id) == [TailEntry(row_id, MAC) for row_id in (1, 3, 2**62)]
    (file,) = settings.AUDIT_TAIL_DIR.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.name.endswith(f"-{os.getpid()}.tail")


def test_without_a_journal_there_is_no_entry():
    assert list(read_tail()) == []
    prune([(10, MAC)])


@pytest.mark.parametrize("torn", [1, 8, 41])
def test_an_entry_torn_by_a_crash_is_passed_by_and_hides_no_later_one(settings, torn):
    note(1, MAC)
    (file,) = settings.AUDIT_TAIL_DIR.iterdir()
    with file.open("ab") as stream:
        stream.write(bytes(torn))
    assert ids() == [1]
    note(2, MAC)
    assert ids() == [1, 2]
    assert file.stat().st_size == 2 * ENTRY_BYTES


def pairs(*row_ids: int) -> list[tuple[int, bytes]]:
    return [(row_id, MAC) for row_id in row_ids]


def test_pruning_takes_what_was_sealed_and_leaves_what_was_not(settings):
    for row_id in range(1, 11):
        note(row_id, MAC)
    prune(pairs(1, 4, 6))
    assert ids() == [2, 3, 5, 7, 8, 9, 10]
    note(11, MAC)
    assert ids() == [2, 3, 5, 7, 8, 9, 10, 11]
    prune(pairs(*range(1, 12)))
    assert ids() == []
    assert list(settings.AUDIT_TAIL_DIR.iterdir()) == []
    note(12, MAC)
    assert ids() == [12]


def test_pruning_goes_by_id_and_keyed_hash():
    """LOG-1: a sequence that was set back has an id written twice, and a seal covers one of the two rows."""
    other = MAC[::-1]
    note(5, MAC)
    note(5, other)
    prune([(5, MAC)])
    assert list(read_tail()) == [TailEntry(5, other)]
    prune([(6, other)])
    assert list(read_tail()) == [TailEntry(5, other)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(noted=st.lists(st.integers(1, 60), max_size=30), sealed=st.sets(st.integers(1, 60), max_size=40))
def test_pruning_keeps_exactly_what_was_not_sealed(noted, sealed):
    prune(pairs(*range(1, 61)))
    for row_id in noted:
        note(row_id, MAC)
    prune(pairs(*sealed))
    assert ids() == sorted(row_id for row_id in noted if row_id not in sealed)


def test_the_file_of_a_process_that_ended_is_pruned_too(settings):
    settings.AUDIT_TAIL_DIR.mkdir()
    other = settings.AUDIT_TAIL_DIR / "elsewhere-1.tail"
    other.write_bytes((5).to_bytes(8, "big") + MAC + b"torn")
    prune(pairs(4))
    assert ids() == [5]
    prune(pairs(5))
    assert not other.exists()
    other.write_bytes(b"torn")
    prune([])
    assert not other.exists()


def test_a_long_journal_is_read_and_pruned_a_piece_at_a_time(settings):
    settings.AUDIT_TAIL_DIR.mkdir()
    file = settings.AUDIT_TAIL_DIR / "elsewhere-1.tail"
    with file.open("wb") as stream:
        for row_id in range(1, 500_001):
            stream.write(row_id.to_bytes(8, "big") + MAC)
    tracemalloc.start()
    try:
        prune(pairs(1, 250_000, 500_000))
        count = sum(1 for _ in read_tail())
        (_, most) = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 499_997
    assert file.stat().st_size == 499_997 * ENTRY_BYTES
    assert most < 5_000_000


def test_nothing_noted_while_the_sealer_prunes_is_lost():
    stop = threading.Event()

    def keep_pruning() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            note(1_000_000 + turn, MAC)
            prune(pairs(1_000_000 + turn))

    pruner = threading.Thread(target=keep_pruning)
    pruner.start()
    writers = [
        threading.Thread(target=lambda first=first: [note(row_id, MAC) for row_id in range(first, 1000, 4)])
        for first in (1, 2, 3, 4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    for row_id in range(1000, 1400):  # these are pruned away while later ones are written
        note(row_id, MAC)
        if row_id % 50 == 0:
            prune(pairs(*range(1000, row_id + 1)))
    stop.set()
    pruner.join(60)
    assert ids() == [*range(1, 1000), *range(1351, 1400)]


FORK = """
import os, sys, threading, time
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitid_portal.settings")
import django
django.setup()
from audit.tail import note
busy = threading.Thread(target=lambda: [note(row_id, bytes(34)) for row_id in range(1, 4001)])
busy.start()
children = []
for number in range(20):
    child = os.fork()
    if child == 0:
        note(10_000 + number, bytes(34))
        os._exit(0)
    children.append(child)
busy.join()
note(9_999, bytes(34))
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


def test_children_of_a_fork_write_files_of_their_own(settings):
    """A fork while another thread writes, too: its lock is not left locked in the child."""
    done = subprocess.run(
        [sys.executable, "-c", FORK],
        env={**os.environ, "AUDIT_TAIL_DIR": str(settings.AUDIT_TAIL_DIR)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert ids() == [*range(1, 4001), 9_999, *range(10_000, 10_020)]
    assert len(list(settings.AUDIT_TAIL_DIR.iterdir())) == 21


def test_a_journal_that_cannot_be_written_fails_nothing(settings, tmp_path, caplog):
    (tmp_path / "file").write_text("", encoding="ascii")
    settings.AUDIT_TAIL_DIR = tmp_path / "file" / "tail"
    note(1, MAC)
    assert "tail journal cannot be written" in caplog.text
    settings.AUDIT_TAIL_DIR = tmp_path / "tail"
    note(2, MAC)
    assert ids() == [2]


def test_a_folder_that_was_taken_away_is_made_again(settings, tmp_path):
    note(1, MAC)
    Path(settings.AUDIT_TAIL_DIR).rename(tmp_path / "away")
    for file in (tmp_path / "away").iterdir():
        file.unlink()
    note(2, MAC)
    assert ids() == [2]


@pytest.mark.django_db(transaction=True)
def test_only_what_was_committed_is_noted(now):
    with transaction.atomic():
        record_one(now)
        transaction.set_rollback(True)
    with transaction.atomic():
        first = record_one(now)
        with transaction.atomic():
            record_one(now)
            transaction.set_rollback(True)
        assert ids() == []
        last = record_one(now)
    assert ids() == [first, last]
    assert tail.MAC_BYTES == 34
