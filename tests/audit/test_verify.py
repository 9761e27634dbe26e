"""Verifying, exporting and accepting a restore, as an operator does."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.api import EventKind
from audit.heads import append_heads, read_heads
from audit.models import AuditEvent, AuditVerification
from audit.tail import note, read_tail
from audit.usecases.accept_restore import NothingLost, RestoreReason, accept_restore
from audit.usecases.seal import seal_log
from audit.usecases.verify import verify_log
from audit.verification.checking import main as check_main
from audit.verification.findings import Finding, FindingKind
from tests.audit.a_log import NOW, Log, execute
from tests.audit.sealing import committed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log(settings: Any, tmp_path: Path) -> Log:
    settings.AUDIT_HEADS_FILE = tmp_path / "heads.jsonl"
    settings.AUDIT_TAIL_DIR = tmp_path / "tail"
    built = Log()
    with transaction.atomic():
        built.build()
    append_heads(built.heads)
    for entry in built.journal:
        note(entry.id, entry.mac)
    execute("SELECT setval('audit_auditevent_id_seq', greatest(1000, last_value)) FROM audit_auditevent_id_seq")
    return built


def called(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("audit", *arguments, stdout=out, stderr=out)
    except SystemExit as left:
        return int(left.code or 0), out.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, out.getvalue()


def tamper(statement: str, *values: Any) -> None:
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        execute(statement, *values)


def test_a_clean_log_ends_with_zero_and_is_noted(log):
    code, text = called("verify")
    assert (code, "Nothing was found." in text) == (0, True)
    kept = AuditVerification.objects.get()
    assert (kept.from_seal, kept.to_seal, kept.rows, kept.findings) == (1, 5, 66, 0)
    assert AuditEvent.objects.get(kind=EventKind.LOG_VERIFIED.value).facts["rows"] == 66


def test_a_finding_ends_with_one_and_says_what_and_where(log):
    tamper("DELETE FROM audit_auditevent WHERE id = 30")
    code, text = called("verify")
    assert (code, "ROW_MISSING at seal 3, row 30" in text) == (1, True)
    code, text = called("verify", "--json")
    assert [each["kind"] for each in json.loads(text)["findings"]] == ["row_missing"]
    assert called("verify", "--from-seal", "4")[0] == 0
    assert called("verify", "--from", log.seals[3]["at"].isoformat())[0] == 0


def test_an_unknown_start_is_not_verified(log):
    assert called("verify", "--from-seal", "99")[0] == 2
    assert called("verify", "--from", "2036-01-01")[0] == 2


def test_an_empty_log_is_clean(settings, tmp_path):
    settings.AUDIT_HEADS_FILE, settings.AUDIT_TAIL_DIR = tmp_path / "heads.jsonl", tmp_path / "tail"
    assert verify_log(now=NOW).is_clean
    assert AuditVerification.objects.get().to_seal is None


def test_a_heads_file_that_cannot_be_read_is_not_verified(log, settings, tmp_path):
    settings.AUDIT_HEADS_FILE = tmp_path
    code, text = called("verify")
    assert (code, "cannot be read" in text) == (2, True)


def test_what_is_committed_while_the_witnesses_are_read_accuses_nobody(log, settings, tmp_path):
    """Witnesses that were read after the snapshot would tell of rows that it lacks."""
    told = settings.AUDIT_HEADS_FILE.read_bytes()
    settings.AUDIT_HEADS_FILE = tmp_path / "pipe"
    os.mkfifo(settings.AUDIT_HEADS_FILE)
    with ThreadPoolExecutor(1) as pool:
        verification = pool.submit(verified_beside)
        with settings.AUDIT_HEADS_FILE.open("wb") as stream:  # from here on somebody is reading it
            (row_id,) = committed(NOW)
            stream.write(told)
        assert verification.result(60) == (67, ())
    assert row_id in {entry.id for entry in read_tail()}


def verified_beside() -> tuple[int, tuple[Finding, ...]]:
    with closing(connection):
        verification = verify_log(now=NOW)
        return verification.rows, verification.findings


# --- export ---------------------------------------------------------------------------------------------------------
def exported(tmp_path: Path, first: str = "2026-10-01", end: str = "2026-12-01") -> Path:
    file = tmp_path / "log.jsonl"
    code, text = called("export", "--from", first, "--to", end, "--out", str(file))
    assert code == 0, text
    return file


def fingerprint_of(file: Path) -> str:
    from audit.verification.export_format import fingerprint

    return fingerprint(json.loads(file.read_bytes().splitlines()[0])["keys"])


@pytest.mark.parametrize(
    ("first", "end"), [("2026-10-01", "2026-12-01"), ("2026-10-25", "2026-11-05"), ("2026-01-01", "2026-02-01")]
)
def test_an_export_is_checked_without_us(log, tmp_path, first, end):
    file = exported(tmp_path, first, end)
    assert file.stat().st_mode & 0o777 == 0o600
    assert called("check-export", str(file), "--fingerprint", fingerprint_of(file))[0] == 0
    keys = tmp_path / "keys.json"
    assert called("public-keys", "--out", str(keys))[0] == 0
    assert check_main([str(file), "--public-keys", str(keys)]) == 0
    assert called("check-export", str(file), "--fingerprint", "00" * 32)[0] == 1
    assert called("check-export", str(file))[0] == 2
    assert AuditEvent.objects.filter(kind=EventKind.LOG_EXPORTED.value).count() == 1


def test_an_export_holds_the_days_of_denmark_and_every_whole_seal(log, tmp_path):
    lines = [json.loads(line) for line in exported(tmp_path).read_bytes().splitlines()]
    events = [line for line in lines if line["type"] == "event"]
    assert len(events) == lines[0]["events"] == 66
    assert [line["number"] for line in lines if line["type"] == "seal"] == [1, 2, 3, 4, 5]
    assert [each["seal"] for each in events if each["id"] == 25] == [4]
    assert {each["id"] for each in events if each["seal"] is None} == set(range(59, 71)) - {66}
    days = exported(tmp_path, "2026-11-01", "2026-11-02").read_bytes().splitlines()
    here = [json.loads(line)["at"] for line in days if b'"type":"event"' in line]
    assert here
    assert all("2026-10-31T23:00" <= at < "2026-11-01T23:00" for at in here)


def test_any_changed_byte_of_an_export_is_found(log, tmp_path):
    file = exported(tmp_path, "2026-11-10", "2026-11-12")
    whole, pinned = file.read_bytes(), fingerprint_of(file)
    broken = tmp_path / "broken.jsonl"
    for place in [*range(0, len(whole), 211), len(whole) - 1, len(whole) - 2, len(whole) - 40]:
        broken.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert check_main([str(broken), "--fingerprint", pinned]) == 1, place
    lines = whole.splitlines(keepends=True)
    for place in range(len(lines)):
        for changed in (lines[:place] + lines[place + 1 :], lines[: place + 1] + lines[place:]):
            broken.write_bytes(b"".join(changed))
            assert check_main([str(broken), "--fingerprint", pinned]) == 1, place
    broken.write_bytes(whole + b" ")
    assert check_main([str(broken), "--fingerprint", pinned]) == 1


def test_an_export_of_a_changed_row_says_so(log, tmp_path):
    tamper("UPDATE audit_auditevent SET kind = 'a.b' WHERE id = 60")
    file = tmp_path / "log.jsonl"
    assert called("export", "--from", "2026-10-01", "--to", "2026-12-01", "--out", str(file))[0] == 1
    assert called("check-export", str(file), "--fingerprint", fingerprint_of(file))[0] == 1


def test_nothing_is_left_of_an_export_that_failed(log, tmp_path):
    tamper("""UPDATE audit_auditseal SET signatures = '[1]' WHERE number = 3""")
    file = tmp_path / "out" / "log.jsonl"
    file.parent.mkdir()
    assert called("export", "--from", "2026-10-01", "--to", "2026-12-01", "--out", str(file))[0] == 2
    assert list(file.parent.iterdir()) == []


# --- after a restore ------------------------------------------------------------------------------------------------
def test_a_restore_is_accepted_once_shown_for_ever_and_begins_new_witnesses(log):
    tamper("DELETE FROM audit_auditseal WHERE number > 3")
    tamper("DELETE FROM audit_auditevent WHERE id > 42")
    assert {found.kind for found in verify_log(now=NOW).findings} == {FindingKind.TAIL_CUT}
    accepted = accept_restore(reason=RestoreReason.DRILL, now=NOW)
    assert (accepted.kept_number, accepted.lost_number) == (3, 5)
    assert accepted.lost_hash == log.seals[4]["hash"].hex()
    assert len(accepted.put_away) == 2
    assert all(file.exists() for file in accepted.put_away)
    assert [head.number for head in read_heads()] == [3]
    after = verify_log(now=NOW)
    assert after.findings == ()
    assert [(each.kept_number, each.lost_number, each.reason) for each in after.restores] == [(3, 5, "drill")]
    with pytest.raises(NothingLost):
        accept_restore(reason=RestoreReason.DRILL, now=NOW)
    assert called("accept-restore", "drill")[0] == 1


@pytest.mark.parametrize("sealed_anew", [1, 2, 4])
def test_a_restore_that_is_accepted_late_is_told_of_where_the_break_was(log, sealed_anew):
    """The sealer has gone on: numbers of the heads file were given a second time, and more than those."""
    tamper("DELETE FROM audit_auditseal WHERE number > 3")
    tamper("DELETE FROM audit_auditevent WHERE id > 42")
    for _ in range(sealed_anew):
        committed(NOW, 2)
        seal_log(now=NOW)
    assert FindingKind.SEAL_FORGED in {found.kind for found in verify_log(now=NOW).findings}
    accepted = accept_restore(reason=RestoreReason.DRILL, now=NOW)
    assert (accepted.kept_number, accepted.lost_number) == (3, 5)
    assert [head.number for head in read_heads()] == [3 + sealed_anew]
    assert verify_log(now=NOW).findings == ()
