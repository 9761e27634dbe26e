"""The tail journal: nothing that was noted is lost before a seal covers it."""

import os
import subprocess
import sys
import threading
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
    prune(10)


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


def test_pruning_takes_what_is_sealed_and_leaves_what_is_not(settings):
    for row_id in range(1, 11):
        note(row_id, MAC)
    prune(7, open_gaps=[(2, 3), (5, 5), (7, 9)])
    assert ids() == [2, 3, 5, 7, 8, 9, 10]
    note(11, MAC)
    assert ids() == [2, 3, 5, 7, 8, 9, 10, 11]
    prune(11)
    assert ids() == []
    assert list(settings.AUDIT_TAIL_DIR.iterdir()) == []
    note(12, MAC)
    assert ids() == [12]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    noted=st.lists(st.integers(1, 60), max_size=30),
    sealed=st.integers(0, 60),
    gaps=st.sets(st.integers(1, 60), max_size=20),
)
def test_pruning_keeps_exactly_what_no_seal_covers(noted, sealed, gaps):
    prune(2**63)
    for row_id in noted:
        note(row_id, MAC)
    prune(sealed, open_gaps=[(row_id, row_id) for row_id in gaps])
    assert ids() == sorted(row_id for row_id in noted if row_id > sealed or row_id in gaps)


def test_the_file_of_a_process_that_ended_is_pruned_too(settings):
    settings.AUDIT_TAIL_DIR.mkdir()
    other = settings.AUDIT_TAIL_DIR / "elsewhere-1.tail"
    other.write_bytes((5).to_bytes(8, "big") + MAC + b"torn")
    prune(4)
    assert ids() == [5]
    prune(5)
    assert not other.exists()
    other.write_bytes(b"torn")
    prune(5)
    assert not other.exists()


def test_nothing_noted_while_the_sealer_prunes_is_lost():
    stop = threading.Event()

    def keep_pruning() -> None:
        while not stop.is_set():
            prune(0, open_gaps=[])
            prune(1000, open_gaps=[(1, 400), (401, 1000)])

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
            prune(row_id, open_gaps=[(1, 999)])
    stop.set()
    pruner.join(60)
    assert ids()[:999] == list(range(1, 1000))
    assert set(range(1351, 1400)) <= set(ids())


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
