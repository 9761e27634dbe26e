"""Sealing: what is committed is covered once, whatever rolls back and whoever commits late."""

import base64
import logging
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from audit import seals as making
from audit.heads import read_heads
from audit.models import AuditSeal
from audit.rules import seal_message
from audit.sealer import SealSignature, sealer
from audit.seals import head_of, take_turn
from audit.tail import read_tail
from audit.tasks import seal_task
from audit.usecases.seal import Sealed, seal_log
from tests.audit.sealing import committed, every_seal_holds, record_one, rolled_back, seals, skipped_ids, written

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("files_of_its_own")]
SECOND = timedelta(seconds=1)


def test_what_was_committed_is_sealed_once(now):
    """LOG-1."""
    ids = committed(now, 5)
    assert seal_log(now=now) == Sealed(1, 5)
    (seal,) = seals()
    assert (seal.number, seal.first_id, seal.last_id, seal.at, seal.late) == (1, 1, ids[-1], now, [])
    every_seal_holds()
    assert seal_log(now=now + SECOND) == Sealed(0, 0)
    more = committed(now, 2)
    assert seal_log(now=now + SECOND) == Sealed(1, 2)
    assert (seals()[1].first_id, seals()[1].last_id) == (ids[-1] + 1, more[-1])
    every_seal_holds()


def test_an_empty_log_has_no_seal(now):
    assert seal_log(now=now) == Sealed(0, 0)
    assert read_heads() == []


def test_a_seal_bears_the_signature_of_every_key(now):
    committed(now)
    seal_log(now=now)
    (seal,) = seals()
    message = seal_message(
        **{
            name: getattr(seal, name)
            for name in ("number", "at", "first_id", "last_id", "row_count", "missing", "late")
        },
        rows_digest=bytes(seal.rows_digest),
        previous=bytes(seal.previous),
    )
    signatures = [SealSignature(**(entry | {"value": base64.b64decode(entry["value"])})) for entry in seal.signatures]
    assert {signature.key for signature in signatures} == sealer().required_keys()
    assert all(sealer().seal_signature_matches(message, signature) for signature in signatures)
    assert not any(sealer().seal_signature_matches(message + b"1", signature) for signature in signatures)


def test_ids_that_roll_backs_skipped_are_listed_as_missing(now):
    first = committed(now, 2)
    gone = rolled_back(now, 3)
    last = committed(now)
    rolled_back(now)
    seal_log(now=now)
    (seal,) = seals()
    assert seal.missing == [span for span in ([1, first[0] - 1], [gone[0], gone[-1]]) if span[0] <= span[1]]
    assert seal.last_id == last[0]
    every_seal_holds()


def test_a_row_committed_after_its_neighbours_were_sealed_is_sealed_as_late(now):
    committed(now)
    started, may_commit = threading.Event(), threading.Event()
    late: list[int] = []

    def slow() -> None:
        with transaction.atomic():
            late.append(record_one(now))
            started.set()
            assert may_commit.wait(30)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert started.wait(30)
    committed(now, 2)
    seal_log(now=now)
    may_commit.set()
    thread.join(30)
    assert [late[0], late[0]] in seals()[0].missing
    assert late[0] in {entry.id for entry in read_tail()}
    assert seal_log(now=now + SECOND) == Sealed(1, 1)
    seal = seals()[1]
    assert (seal.late, seal.last_id, seal.missing) == (late, seal.first_id - 1, [])
    every_seal_holds()
    assert not list(read_tail())
    assert seal_log(now=now + SECOND) == Sealed(0, 0)


@pytest.mark.parametrize(("hours", "is_sealed"), [(0, True), (1, True), (23, True), (25, False)])
def test_a_gap_is_searched_for_a_day(now, settings, hours, is_sealed):
    committed(now)
    (gap,) = rolled_back(now)
    committed(now)
    seal_log(now=now)
    for turn in range(making.YOUNG_SEALS + 1):  # the gap is no young one any more
        committed(now)
        seal_log(now=now + turn * timedelta(milliseconds=1))
    committed(now)
    seal_log(now=now + timedelta(hours=hours))
    written(now, [gap])
    seal_log(now=now + timedelta(hours=hours, seconds=1))  # within the same five minutes: old gaps are left alone
    assert not any(seal.late for seal in seals())
    seal_log(now=now + timedelta(hours=hours, minutes=5))
    assert [seal.late for seal in seals() if seal.late] == ([[gap]] if is_sealed else [])


def test_a_large_log_is_sealed_in_parts(now):
    written(now, skipped_ids(making.MOST_ROWS + 1))
    assert seal_log(now=now) == Sealed(2, making.MOST_ROWS + 1)
    every_seal_holds()


def test_while_the_keys_are_away_nothing_is_sealed_and_it_is_said_once(now, settings, caplog):
    ids = committed(now, 2)
    settings.AUDIT_SEALER = "tests.audit.sealing.SealerThatIsAway"
    with pytest.raises(sealer().away):
        seal_log(now=now)
    with caplog.at_level(logging.WARNING, "audit"):
        seal_task()
        seal_task()
    assert [entry.message for entry in caplog.records] == ["The keys are away: the log is sealed once they are back."]
    assert not AuditSeal.objects.exists()
    assert {entry.id for entry in read_tail()} == set(ids)
    settings.AUDIT_SEALER = "hsm.log_sealer.LogSealer"
    seal_task()
    every_seal_holds()
    assert seals()[0].row_count == 2


def test_one_sealer_at_a_time(now):
    committed(now)
    holds, may_end = threading.Event(), threading.Event()

    def other() -> None:
        with transaction.atomic():
            assert take_turn()
            holds.set()
            assert may_end.wait(30)
        connection.close()

    thread = threading.Thread(target=other)
    thread.start()
    assert holds.wait(30)
    assert seal_log(now=now) == Sealed(0, 0)
    may_end.set()
    thread.join(30)
    assert seal_log(now=now) == Sealed(1, 1)


def test_two_sealers_that_start_together_make_one_seal(now):
    for _turn in range(10):
        committed(now, 20)
        barrier = threading.Barrier(2)
        made: list[Sealed] = []

        def run(barrier: threading.Barrier = barrier, made: list[Sealed] = made) -> None:
            barrier.wait(30)
            made.append(seal_log(now=now))
            connection.close()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sum(one.rows for one in made) == 20
        assert sum(one.seals for one in made) == 1
    every_seal_holds()
    assert [head.number for head in read_heads()] == list(range(1, 11))


def test_a_clock_that_goes_back_takes_no_seal_back(now):
    committed(now)
    seal_log(now=now)
    committed(now)
    seal_log(now=now - timedelta(hours=1))
    assert [seal.at for seal in seals()] == [now, now]


def test_each_seal_leaves_its_head_outside_the_database(now):
    for turn in range(3):
        committed(now)
        seal_log(now=now + turn * SECOND)
    assert read_heads() == [head_of(seal) for seal in seals()]


def test_heads_that_a_crash_left_out_are_written_with_the_next_run(now, settings):
    committed(now)
    seal_log(now=now)
    kept = settings.AUDIT_HEADS_FILE.read_bytes()
    committed(now)
    seal_log(now=now)
    settings.AUDIT_HEADS_FILE.write_bytes(kept + b'{"number": 2, "ha')
    assert seal_log(now=now) == Sealed(0, 0)
    assert read_heads() == [head_of(seal) for seal in seals()]


def test_a_heads_file_that_cannot_be_written_stops_no_sealing(now, settings, tmp_path, caplog):
    committed(now)
    (tmp_path / "file").write_text("", encoding="ascii")
    settings.AUDIT_HEADS_FILE = tmp_path / "file" / "heads.jsonl"
    assert seal_log(now=now) == Sealed(1, 1)
    assert "heads cannot be" in caplog.text
    settings.AUDIT_HEADS_FILE = tmp_path / "heads.jsonl"
    seal_log(now=now)
    assert [head.number for head in read_heads()] == [1]


def test_heads_of_seals_that_the_database_has_not_are_kept_and_said(now, caplog):
    committed(now)
    seal_log(now=now)
    told = read_heads()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_auditseal")
    committed(now)
    seal_log(now=now + SECOND)
    assert "run audit verify" in caplog.text
    assert read_heads() == [*told, head_of(seals()[0])]


def test_a_row_that_vanished_before_it_was_sealed_stays_in_the_journal(now):
    """LOG-1."""
    (kept, gone) = committed(now, 2)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM audit_auditevent WHERE id = %s", [gone])
        cursor.execute("SET session_replication_role = origin")
    for hours in (0, 1, 30, 31):
        committed(now)
        seal_log(now=now + timedelta(hours=hours))
        assert [entry.id for entry in read_tail()] == [gone]
    assert kept in range(seals()[0].first_id, seals()[0].last_id)
