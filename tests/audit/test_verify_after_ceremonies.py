"""Seals outlive the keys that signed them: what a destroyed pair signed is read, and nothing else (LOG-1, KEY-3)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from audit.models import AuditSeal
from audit.rules import seal_message
from audit.sealer import SealSignature, sealer
from audit.usecases.verify import verify_log
from audit.verification.findings import FindingKind
from audit.verification.rules import signatures_from
from hsm import api as hsm
from tests.audit.a_log import execute, one
from tests.audit.sealing import seals
from tests.hsm.custody import states_of, tidy_token
from tests.hsm.programs import Token, run

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parents[2]

# Rows and seals before, between and after ceremonies that exchange every key of the log, in a token of its own.
CEREMONIES = """
import json
from datetime import datetime, timedelta
from pathlib import Path
from audit.usecases.export import export_log
from audit.usecases.seal import seal_log
from audit.usecases.verify import verify_log
from hsm.states import DATA_KEY, Act
from hsm.steps.ceremonies import Held
from hsm.token import keys
from hsm.usecases.ceremonies import erase_key
from tests.audit.sealing import committed
from tests.hsm.custody import after_everyone_knows, hold, rotated, two_people

folder, now = Path(os.environ["FOLDER"]), datetime.fromisoformat(os.environ["NOW"])
began, people = now.date(), two_people(folder)
for person in people:
    person.enrolled(now)

def write_and_seal():
    committed(now, 3)
    assert seal_log(now=now).seals == 1

write_and_seal()
for name in ("log-seal", "log-seal-pq", DATA_KEY):
    now = after_everyone_knows(rotated(people, name, now=now))
    hsm.forget()
    write_and_seal()
for name in ("log-seal", "log-seal-pq"):
    outcome = hold(people, Act.DESTROY, name, 1, now=now)
    assert isinstance(outcome, Held), outcome
    now = after_everyone_knows(now)
    assert erase_key(name=name, version=1, now=now), name
    hsm.forget()
    write_and_seal()
assert "log-seal.1" not in keys.labels()
made = export_log(first=began, end=now.date() + timedelta(days=2), file=folder / "log.jsonl", now=now)
found = [str(finding) for finding in verify_log(now=now).findings]
print(json.dumps({"findings": found, "fingerprint": made.fingerprint, "events": made.events, "seals": made.seals}))
"""


@pytest.fixture
def told(files_of_its_own: None, settings: Any, tmp_path: Path, now: Any) -> Any:
    """What the ceremonies' process said of the log; this process knows the keys as they are now."""
    tidy_token()
    environment = {
        **Token.copied_to(tmp_path / "token_copy").environment,
        "AUDIT_HEADS_FILE": str(settings.AUDIT_HEADS_FILE),
        "AUDIT_TAIL_DIR": str(settings.AUDIT_TAIL_DIR),
        "FOLDER": str(tmp_path),
        "NOW": now.isoformat(),
    }
    printed = json.loads(run(CEREMONIES, **environment))
    hsm.forget()
    yield printed
    hsm.forget()


def test_seals_of_destroyed_keys_are_verified_and_exported(told, now, tmp_path):
    for name in ("log-seal", "log-seal-pq"):
        assert states_of(name) == [(1, "destroyed"), (2, "active")]
    assert [versions(seal) for seal in seals()] == [(1, 1), (2, 1), (2, 2), (2, 2), (2, 2), (2, 2)]
    assert told["findings"] == []
    assert verify_log(now=now).findings == ()
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "audit.verification.checking", str(tmp_path / "log.jsonl")),
            *("--fingerprint", told["fingerprint"]),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked
    assert told["seals"] == 6
    assert told["events"] > 6 * 3, "the ceremonies are events too"


@pytest.mark.parametrize("number", [1, 2, 3, 6])
def test_a_seal_changed_under_a_destroyed_key_is_forged(told, now, number):
    with_a_bit_turned = "overlay(rows_digest placing '\\x00' from 7)"
    execute("SET session_replication_role = replica")
    execute(f"UPDATE audit_auditseal SET rows_digest = {with_a_bit_turned} WHERE number = %s", number)
    execute("SET session_replication_role = origin")
    found = one(list(verify_log(now=now).findings))
    assert (found.kind, found.seal) == (FindingKind.SEAL_FORGED, number)


def test_a_signature_of_the_old_version_does_not_pass_as_one_of_the_new(told):
    first = seals()[0]
    for entry in signatures(first):
        assert sealer().seal_signature_matches(message_of(first), entry)
        newer = SealSignature(entry.key, 2, entry.algorithm, entry.value)
        assert not sealer().seal_signature_matches(message_of(first), newer)


def versions(seal: AuditSeal) -> tuple[int, ...]:
    return tuple(entry["version"] for entry in seal.signatures)


def signatures(seal: AuditSeal) -> list[SealSignature]:
    found = signatures_from(seal.signatures)
    assert found
    return list(found)


def message_of(seal: AuditSeal) -> bytes:
    return seal_message(
        number=seal.number,
        at=seal.at,
        first_id=seal.first_id,
        last_id=seal.last_id,
        row_count=seal.row_count,
        missing=seal.missing,
        late=seal.late,
        rows_digest=bytes(seal.rows_digest),
        previous=bytes(seal.previous),
    )
