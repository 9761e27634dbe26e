"""Sealing beside somebody who writes into the database: nothing of ours is lost from the witnesses, and it is said."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from psycopg.types.json import Jsonb

from audit import seals as making
from audit import tail
from audit.genuine import ChainBroken, newest_seal, objection_to_end
from audit.heads import read_heads
from audit.models import AuditSeal
from audit.sealer import SealSignature
from audit.tasks import seal_task
from audit.usecases.seal import Sealed, seal_log
from audit.verification.rules import SealRow
from hsm.log_sealer import LogSealer
from mitid_portal.health import probe_seals
from tests.audit.sealing import (
    committed,
    every_seal_holds,
    forged,
    rolled_back,
    seals,
    skipped_ids,
    without_triggers,
    written,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("files_of_its_own")]
SECOND = timedelta(seconds=1)


def set_sequence(to: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('audit_auditevent_id_seq', %s, true)", [to])


@pytest.fixture
def sequence(db: None) -> Iterator[None]:
    """The sequence of ids goes on behind all that was drawn."""
    (before,) = skipped_ids(1)
    yield
    set_sequence(before + 1000)


def told() -> list[tuple[int, bytes]]:
    """What the journals tell of."""
    return sorted((entry.id, entry.mac) for entry in tail.read_tail())


def forged_seal(after: AuditSeal, **changes: Any) -> None:
    """A seal that whoever has the portal's role in the database adds by hand."""
    values: dict[str, Any] = {
        "number": after.number + 1,
        "at": after.at,
        "first_id": after.last_id + 1,
        "last_id": after.last_id + 1_000_000,
        "row_count": 1,
        "missing": Jsonb([]),
        "late": Jsonb([]),
        "rows_digest": bytes(32),
        "previous": bytes(after.hash),
        "hash": bytes(32),
        "signatures": Jsonb([{"key": "log-seal"}]),
    } | changes
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO audit_auditseal ({', '.join(values)}) VALUES ({', '.join(['%s'] * len(values))})",
            list(values.values()),
        )


@pytest.mark.usefixtures("sequence")
def test_rows_of_ids_that_are_written_twice_stay_in_the_journal(now, caplog):
    """LOG-1: the sequence is set back below what is sealed, and forwards again."""
    ids = committed(now, 5)
    seal_log(now=now)
    assert told() == []
    set_sequence(ids[1])
    with caplog.at_level(logging.ERROR, "audit"):
        assert committed(now + SECOND, 2) == ids[2:4]
    assert "sequence was set back" in caplog.text
    second = told()
    set_sequence(ids[-1])
    committed(now + SECOND)
    for turn in range(3):
        caplog.clear()
        seal_log(now=now + turn * timedelta(minutes=6))
        assert told() == second
    assert f"do not bear out, the first is {ids[2]}" in caplog.text
    without_triggers(f"DELETE FROM audit_auditevent WHERE id IN ({ids[2]}, {ids[3]}) AND at > '{now.isoformat()}'")
    every_seal_holds()
    seal_log(now=now + timedelta(minutes=30))
    assert told() == second


@pytest.mark.usefixtures("sequence")
def test_a_sequence_that_stands_before_the_end_is_said_and_makes_health_red(now):
    (first, *_, last) = committed(now, 5)
    seal_log(now=now)
    set_sequence(first)
    committed(now + SECOND)
    with pytest.raises(ChainBroken, match=f"{last} is sealed: it was set back"):
        seal_log(now=now + SECOND)
    with pytest.raises(LookupError, match="set back"):
        probe_seals()


@pytest.mark.usefixtures("sequence")
def test_an_unsealed_id_that_is_written_twice_is_sealed_with_both_rows_and_said(now, caplog):
    (first, last) = committed(now, 2)
    set_sequence(first)
    committed(now + SECOND)
    assert len(told()) == 3
    with caplog.at_level(logging.ERROR, "audit"):
        assert seal_log(now=now + SECOND) == Sealed(1, 3)
    assert f"Row {last} of the log stands twice" in caplog.text
    assert told() == []


def test_an_id_in_a_gap_that_is_written_twice_is_sealed_once_and_said(now, caplog):
    committed(now)
    (gap,) = rolled_back(now)
    committed(now)
    seal_log(now=now)
    written(now, [gap])
    written(now + SECOND, [gap])
    assert seal_log(now=now + SECOND) == Sealed(1, 1)
    assert f"Row {gap} of the log stands twice" in caplog.text
    assert seals()[1].late == [gap]
    assert objection_to_end() is None


@pytest.mark.parametrize("value", ["[]", "[[1, 1]]"])
def test_a_seal_changed_for_one_round_takes_nothing_out_of_the_journal(now, value):
    """LOG-1: a row that was gone before it was sealed stays told of, whatever the seal says for a while."""
    ids = committed(now, 5)
    without_triggers(f"DELETE FROM audit_auditevent WHERE id = {ids[2]}")
    seal_log(now=now)
    committed(now)
    seal_log(now=now)
    missing = seals()[0].missing
    assert [row_id for row_id, _ in told()] == [ids[2]]
    for turn in range(2):
        without_triggers(f"UPDATE audit_auditseal SET missing = '{value}' WHERE number = 1")
        committed(now)
        seal_log(now=now + turn * timedelta(minutes=10))
        assert [row_id for row_id, _ in told()] == [ids[2]]
    without_triggers(f"UPDATE audit_auditseal SET missing = '{Jsonb(missing).obj}' WHERE number = 1")
    committed(now)
    seal_log(now=now + timedelta(hours=1))
    assert [row_id for row_id, _ in told()] == [ids[2]]
    every_seal_holds()


def test_a_changed_seal_has_no_row_sealed_twice(now):
    ids = committed(now, 3)
    seal_log(now=now)
    committed(now)
    seal_log(now=now)
    without_triggers(f"UPDATE audit_auditseal SET missing = '[[{ids[1]}, {ids[1]}]]' WHERE number = 1")
    committed(now)
    assert seal_log(now=now + timedelta(minutes=10)) == Sealed(1, 1)
    assert seals()[-1].late == []


def test_a_forged_late_list_keeps_no_row_from_being_sealed_late(now):
    committed(now)
    (gap,) = rolled_back(now)
    committed(now)
    seal_log(now=now)
    committed(now)
    seal_log(now=now)
    without_triggers(f"UPDATE audit_auditseal SET late = '[{gap}]' WHERE number = 1")
    committed(now)
    seal_log(now=now)
    without_triggers("UPDATE audit_auditseal SET late = '[]' WHERE number = 1")
    written(now, [gap])
    seal_log(now=now)
    assert seals()[-1].late == [gap]


@pytest.mark.parametrize("row_id", [10**15, 2**63 - 1])
def test_a_row_of_an_id_that_was_never_drawn_stops_nothing(now, caplog, row_id):
    committed(now, 3)
    seal_log(now=now)
    forged(now, row_id)
    for turn in range(1, 4):
        (last,) = committed(now)
        caplog.clear()
        assert seal_log(now=now + turn * SECOND) == Sealed(1, 1)
        assert seals()[-1].last_id == last
        assert "never drawn" in caplog.text
    assert told() == []


def test_a_row_that_does_not_fit_its_keyed_hash_is_not_sealed_and_stops_nothing(now, caplog):
    (before,) = committed(now)
    (junk,) = skipped_ids(1)
    forged(now, junk)
    forged(now + SECOND, before)
    (after,) = committed(now)
    assert seal_log(now=now) == Sealed(1, 2)
    (seal,) = seals()
    assert seal.missing[-1] == [junk, junk]
    assert seal.last_id == after
    assert f"2 rows of the log do not fit their keyed hashes and are not sealed, the first is {before}" in caplog.text
    caplog.clear()
    assert seal_log(now=now + timedelta(minutes=6)) == Sealed(0, 0)
    assert f"the first is {junk}" in caplog.text
    committed(now)
    assert seal_log(now=now + timedelta(minutes=6)) == Sealed(1, 1)


def test_many_rows_of_one_id_keep_no_later_one_from_being_sealed(now, monkeypatch):
    monkeypatch.setattr(making, "MOST_ROWS", 10)
    (junk,) = skipped_ids(1)
    for turn in range(30):
        forged(now + turn * SECOND, junk)
    committed(now, 3)
    assert seal_log(now=now) == Sealed(1, 3)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"last_id": 2**63 - 1},
        {"number": 2**63 - 1},
        {"missing": Jsonb([["a"]])},
        {"signatures": Jsonb([1])},
    ],
)
def test_behind_a_seal_that_is_not_ours_nothing_is_sealed_and_health_is_red(now, changes, caplog):
    """LOG-1: nor is it told as a head, and the journal keeps what waits."""
    committed(now, 3)
    seal_log(now=now)
    (genuine,) = seals()
    forged_seal(genuine, **changes)
    ids = committed(now, 2)
    with pytest.raises(ChainBroken, match="Nothing is sealed until it is gone"):
        seal_log(now=now + SECOND)
    with caplog.at_level(logging.WARNING, "audit"):
        seal_task()
        seal_task()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    with pytest.raises(LookupError):
        probe_seals()
    assert [head.number for head in read_heads()] == [1]
    assert [row_id for row_id, _ in told()] == ids
    without_triggers("DELETE FROM audit_auditseal WHERE number > 1")
    seal_task()
    assert objection_to_end() is None
    assert [head.number for head in read_heads()] == [1, 2]
    every_seal_holds()


@pytest.mark.parametrize("column", ["previous", "hash", "rows_digest"])
def test_a_newest_seal_that_was_changed_is_no_seal_to_go_on_from(now, column):
    for _turn in range(2):
        committed(now)
        seal_log(now=now)
    without_triggers(f"UPDATE audit_auditseal SET {column} = decode(repeat('01', 32), 'hex') WHERE number = 2")
    committed(now)
    with pytest.raises(ChainBroken):
        seal_log(now=now)


def test_heads_that_are_lacking_are_written_as_far_as_seals_follow_each_other(now, settings, caplog):
    for _turn in range(5):
        committed(now)
        seal_log(now=now)
    settings.AUDIT_HEADS_FILE.unlink()
    without_triggers("UPDATE audit_auditseal SET row_count = 9 WHERE number = 2")
    seal_log(now=now)
    assert [head.number for head in read_heads()] == [3, 4, 5]
    assert "do not follow each other" in caplog.text


def test_while_the_keys_are_away_health_says_nothing_of_the_chain(now, settings):
    committed(now)
    seal_log(now=now)
    settings.AUDIT_SEALER = "tests.audit.test_seal_distrust.JudgeThatIsAway"
    assert objection_to_end() is None


class JudgeAwayError(Exception):
    """What the sealer below raises."""


class JudgeThatIsAway(LogSealer):
    """A sealer that cannot judge a signature."""

    @property
    def away(self) -> tuple[type[Exception], ...]:
        return (JudgeAwayError,)

    def seal_signature_matches(self, message: bytes, signature: SealSignature) -> bool:
        raise JudgeAwayError


def test_what_was_noted_after_its_seal_was_made_leaves_the_journal_with_the_next(now):
    """A writer commits, the sealer seals and prunes, and only then the writer gets to its journal."""
    committed(now, 3)
    entries = list(tail.read_tail())
    seal_log(now=now)
    for entry in entries:
        tail.note(entry.id, entry.mac)
    tail.note(entries[0].id, bytes(34))
    seal_log(now=now + SECOND)
    assert told() == [(entries[0].id, bytes(34))]


def test_what_a_crash_left_in_the_journal_leaves_it_in_time(now):
    """The sealer ended between a seal and the journals, many seals ago."""
    left = []
    for _turn in range(18):
        (gap,) = skipped_ids(1)
        committed(now, 3)
        seal_log(now=now)
        written(now, [gap])
        seal_log(now=now)
        left += [(row_id, mac) for row_id, mac in rows_with_macs(gap)]
    for row_id, mac in left:
        tail.note(row_id, mac)
    tail.note(left[0][0], bytes(34))
    assert len(left) == 72
    for minutes in (6, 12, 18):
        seal_log(now=now + timedelta(minutes=minutes))
    assert told() == [(left[0][0], bytes(34))]


def rows_with_macs(first_id: int) -> list[tuple[int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, mac FROM audit_auditevent WHERE id >= %s ORDER BY id", [first_id])
        return [(row_id, bytes(mac)) for row_id, mac in cursor.fetchall()]


def test_a_clock_that_once_ran_ahead_makes_no_later_look_long(now, caplog):
    """Each seal then bears the same instant: what is recent goes by number too, and a long look by every 60th."""
    committed(now)
    seal_log(now=now + timedelta(days=400))
    committed(now)
    seal_log(now=now)
    assert "a clock ran ahead" in caplog.text
    (newest,) = seals()[1:]
    assert newest.at == now + timedelta(days=400)
    assert making.slot_of(newest_row(), now=now) is None
    (gap,) = rolled_back(now)
    for _turn in range(making.SLOT_SEALS - 2):
        committed(now)
        seal_log(now=now)
    assert len(making.open_gaps(newest_row(), most=10)) == 0
    written(now, [gap])
    committed(now)
    seal_log(now=now)
    assert seals()[-1].late == [gap]


def newest_row() -> SealRow:
    """The newest seal as sealing reads it."""
    found = newest_seal()
    assert found is not None
    return found


def test_rows_that_were_changed_before_they_were_sealed_are_not_vouched_for(now):
    committed(now, 2)
    without_triggers(f"UPDATE audit_auditevent SET subject_id = '{UUID(int=9)}'")
    assert seal_log(now=now) == Sealed(0, 0)
    assert len(told()) == 2
