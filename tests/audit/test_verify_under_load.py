"""A log that many write and the sealer seals is verified meanwhile: what is found is what was done (LOG-1)."""

import json
import random
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from audit.models import AuditEvent
from audit.seals import last_seal
from audit.tail import read_tail
from audit.usecases.seal import seal_log
from audit.usecases.verify import verify_log
from audit.verification.findings import Finding, FindingKind
from tests.audit.a_log import COLUMNS, execute, one, place
from tests.audit.sealing import every_seal_holds, seals
from tests.hsm.programs import Token, finish, start

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]

PROCESSES = 4
LOOKS = 8
GAP_SEARCH = timedelta(minutes=6)  # by then the sealer looks through every gap of the day

# Acts of one to four events: some give a part of them up, some roll back, some commit when their neighbours are sealed.
WRITERS = """
import json, random
from datetime import datetime
from pathlib import Path
from django.db import connection, transaction
from audit.api import Actor, EventKind, record

until, at = Path(os.environ["UNTIL"]), datetime.fromisoformat(os.environ["AT"])
ready = until.with_name(os.environ["SEED"] + ".ready")
committed, failures = [], []

def act(dice):
    kept = []
    with transaction.atomic():
        for _ in range(dice.randint(1, 4)):
            with transaction.atomic():
                row_id = record(kind=EventKind.LOGIN_SUCCEEDED, actor=Actor.system(), subject_id=ROW, at=at)
                if dice.random() < 0.2:
                    transaction.set_rollback(True)
                else:
                    kept.append(row_id)
        fate = dice.random()
        time.sleep(1.0 if fate < 0.01 else fate / 20)
        if dice.random() < 0.25:
            transaction.set_rollback(True)
            kept.clear()
    committed.extend(kept)

def work(seed):
    try:
        dice = random.Random(seed)
        while not until.exists():
            act(dice)
            ready.touch()
    except BaseException as error:
        failures.append(repr(error))
    finally:
        connection.close()

threads = [threading.Thread(target=work, args=[os.environ["SEED"] + str(number)]) for number in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(json.dumps({"committed": committed, "failures": failures}))
"""


class Sealing(threading.Thread):
    """The portal's sealer, again and again, with a clock that goes on."""

    def __init__(self, began: datetime) -> None:
        super().__init__()
        self.now = began
        self.is_over = threading.Event()
        self.failed: list[Exception] = []

    def run(self) -> None:
        try:
            while not self.is_over.wait(0.05):
                self.now += timedelta(milliseconds=50)
                seal_log(now=self.now)
        except Exception as error:  # noqa: BLE001 - told by the test itself
            self.failed.append(error)
        finally:
            connection.close()


@pytest.fixture
def writers(
    files_of_its_own: None, settings: Any, tmp_path: Path, now: datetime
) -> Iterator[list[subprocess.Popen[str]]]:
    """Eight writers in four processes, and a ninth and tenth in a process that is killed in the midst of an act."""
    environment = {
        **Token.copied_to(tmp_path / "token_copy").environment,
        "AUDIT_HEADS_FILE": str(settings.AUDIT_HEADS_FILE),
        "AUDIT_TAIL_DIR": str(settings.AUDIT_TAIL_DIR),
        "UNTIL": str(tmp_path / "until"),
        "AT": now.isoformat(),
    }
    started = [start(WRITERS, SEED=str(number), **environment) for number in range(PROCESSES + 1)]
    yield started
    (tmp_path / "until").touch()
    for each in started:
        each.kill()
        each.communicate()


@contextmanager
def tampered(statement: str, row_id: int) -> Iterator[None]:
    """A row is tampered with inside, committed as everything else, and as it was afterwards."""
    columns = ", ".join(COLUMNS)
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        execute("CREATE TABLE kept_row AS SELECT * FROM audit_auditevent WHERE id = %s", row_id)
        execute(statement, row_id)
    try:
        yield
    finally:
        with transaction.atomic():
            execute("SET LOCAL session_replication_role = replica")
            execute("DELETE FROM audit_auditevent WHERE id = %s", row_id)
            execute(f"INSERT INTO audit_auditevent ({columns}) SELECT {columns} FROM kept_row")
            execute("DROP TABLE kept_row")


def a_sealed_row(dice: random.Random) -> int:
    last = last_seal()
    assert last is not None
    late = [row_id for seal in seals() for row_id in seal.late]
    ids = list(AuditEvent.objects.filter(id__lte=last.last_id).values_list("id", flat=True))
    covered = sorted({*ids} - {row_id for seal in seals() for row_id in ids if is_missing(seal, row_id)} | {*late})
    return dice.choice(covered)


def is_missing(seal: Any, row_id: int) -> bool:
    return any(low <= row_id <= high for low, high in seal.missing)


def what_is_found(now: datetime) -> list[Finding]:
    return list(verify_log(now=now).findings)


def tampering_is_found_and_nothing_else(sealing: Sealing) -> None:
    dice = random.Random(3)
    for statement, kind in (
        ("UPDATE audit_auditevent SET kind = 'portal.forged' WHERE id = %s", FindingKind.ROW_CHANGED),
        ("UPDATE audit_auditevent SET subject_id = gen_random_uuid() WHERE id = %s", FindingKind.ROW_CHANGED),
        ("DELETE FROM audit_auditevent WHERE id = %s", FindingKind.ROW_MISSING),
    ):
        row_id = a_sealed_row(dice)
        with tampered(statement, row_id):
            found = one(what_is_found(sealing.now))
            assert (found.kind, found.first_id, found.last_id or row_id) == (kind, row_id, row_id)
    assert what_is_found(sealing.now) == []


def test_a_log_that_is_written_and_sealed_meanwhile_is_never_accused_and_a_tampered_row_is(writers, tmp_path, now):
    sealing = Sealing(now)
    sealing.start()
    rows = []
    try:
        while len(seals()) < 3 or len([*tmp_path.glob("*.ready")]) < len(writers):
            assert all(each.poll() is None for each in writers), "a writer ended"
            threading.Event().wait(0.05)
        for look in range(LOOKS):
            verification = verify_log(now=sealing.now)
            assert verification.findings == ()
            rows.append(verification.rows)
            if look == LOOKS // 2:
                writers[PROCESSES].kill()
        assert rows == sorted(rows)
        assert rows[-1] - rows[0] > LOOKS, "nobody wrote but verification itself"
        tampering_is_found_and_nothing_else(sealing)
    finally:
        (tmp_path / "until").touch()
        told = [json.loads(finish(writer)) for writer in writers[:PROCESSES]]
        sealing.is_over.set()
        sealing.join(60)
    assert [failure for each in told for failure in each["failures"]] == []
    assert sealing.failed == []
    committed = {row_id for each in told for row_id in each["committed"]}
    assert committed <= set(AuditEvent.objects.values_list("id", flat=True))
    seal_log(now=sealing.now + GAP_SEARCH)
    every_seal_holds()
    assert list(read_tail()) == []
    assert any(seal.missing for seal in seals())
    assert any(seal.late for seal in seals())
    assert what_is_found(sealing.now + GAP_SEARCH) == []
    tampering_is_found_and_nothing_else(sealing)
    last = AuditEvent.objects.latest("id").id
    with tampered("DELETE FROM audit_auditevent WHERE id = %s", last):
        assert place(one(what_is_found(sealing.now)))[0::2] == (FindingKind.TAIL_CUT, last)
