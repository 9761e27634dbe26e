"""An export proves that it is whole, and that it is ours, to somebody who believes nothing that it says of itself."""

import base64
import json
from collections.abc import Callable, Iterable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import transaction

from audit.heads import append_heads
from audit.sealer import sealer
from audit.usecases.export import Export, export_log
from audit.verification.checking import ExportCheck, Trust, check_export, trust_from
from audit.verification.checking import main as check_main
from audit.verification.export_format import SIGNING_KEYS, fingerprint, key_entry, line
from tests.audit.a_log import LATE, NOW, Log, event, execute, insert

pytestmark = pytest.mark.django_db(transaction=True)
Lines = list[dict[str, Any]]


@pytest.fixture
def log(settings: Any, tmp_path: Path) -> Log:
    settings.AUDIT_HEADS_FILE = tmp_path / "heads.jsonl"
    settings.AUDIT_TAIL_DIR = tmp_path / "tail"
    built = Log()
    with transaction.atomic():
        built.build()
    append_heads(built.heads)
    execute("SELECT setval('audit_auditevent_id_seq', greatest(1000, last_value)) FROM audit_auditevent_id_seq")
    return built


def tamper(statement: str, *values: Any) -> None:
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        execute(statement, *values)


def exported(tmp_path: Path, first: str, end: str) -> tuple[Path, Export]:
    file = tmp_path / "log.jsonl"
    made = export_log(first=date.fromisoformat(first), end=date.fromisoformat(end), file=file, now=NOW)
    return file, made


def checked(file: Path, made: Export) -> ExportCheck:
    return check_export(file, Trust(fingerprint=made.fingerprint))


def lines_of(file: Path) -> Lines:
    return [json.loads(each) for each in file.read_bytes().splitlines()]


def our_keys() -> list[dict[str, Any]]:
    return [key_entry(key) for key in sealer().public_keys()]


# --- whether it is ours ---------------------------------------------------------------------------------------------
def without_signatures(lines: Lines) -> Lines:
    return [each | ({"signatures": []} if "signatures" in each else {}) for each in lines]


def without_keys(lines: Lines) -> Lines:
    return [lines[0] | {"keys": []}, *without_signatures(lines[1:])]


def without_one_key(lines: Lines) -> Lines:
    kept = [key for key in lines[0]["keys"] if key["key"] != "log-seal-pq"]
    signed = [
        each | {"signatures": [s for s in each["signatures"] if s["key"] != "log-seal-pq"]}
        if "signatures" in each
        else each
        for each in lines[1:]
    ]
    return [lines[0] | {"keys": kept}, *signed]


def with_a_key_of_its_own(lines: Lines) -> Lines:
    der = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    own = {"key": "own", "version": 1, "algorithm": "ES256", "public_key": base64.b64encode(der).decode()}
    return [lines[0] | {"keys": [own]}, *without_signatures(lines[1:])]


def forged(lines: Lines) -> bytes:
    """Write lines as an export does, with a footer over them."""
    body = b"".join(map(line, lines[:-1]))
    return body + line(lines[-1] | {"sha256": sha256(body).hexdigest()})


@pytest.mark.parametrize("change", [without_signatures, without_keys, without_one_key, with_a_key_of_its_own])
def test_an_export_that_is_not_signed_by_both_keys_is_refused_whatever_it_says_of_its_keys(
    log, tmp_path, change: Callable[[Lines], Lines]
):
    file, made = exported(tmp_path, "2026-10-01", "2026-12-01")
    file.write_bytes(forged(change(lines_of(file))))
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": our_keys()}))
    for trust in (Trust(fingerprint=made.fingerprint), trust_from(pinned=None, keys_file=keys)):
        objections = check_export(file, trust).objections
        assert "The file is not signed by every key that must sign it." in objections
        assert sum(each.startswith("Seal ") for each in objections) >= 5
    assert check_main([str(file), "--public-keys", str(keys)]) == 1


def test_an_export_of_nothing_is_signed_by_both_keys_too(log, tmp_path):
    file, made = exported(tmp_path, "2025-01-01", "2025-01-02")
    assert checked(file, made).objections == []
    file.write_bytes(forged(without_keys(lines_of(file))))
    assert check_export(file, Trust(keys=tuple(our_keys()))).objections != []


@pytest.mark.parametrize("kept", [(), ("log-seal",), ("log-seal-pq",)])
def test_a_file_of_keys_that_lacks_one_is_not_taken(log, tmp_path, kept):
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [key for key in our_keys() if key["key"] in kept]}))
    with pytest.raises(ValueError, match="lacks"):
        trust_from(pinned=None, keys_file=keys)


def test_what_the_check_requires_is_what_the_portal_signs_with(log):
    assert sealer().required_keys() == SIGNING_KEYS
    assert fingerprint(our_keys()) == fingerprint(our_keys()[::-1])


# --- whether it is whole --------------------------------------------------------------------------------------------
PERIOD = ("2026-10-25", "2026-11-05")


def ids(lines: Iterable[dict[str, Any]], kind: str) -> set[int]:
    return {each["id"] for each in lines if each["type"] == kind}


def test_rows_of_other_days_under_the_same_seals_are_there_as_ids_and_keyed_hashes(log, tmp_path):
    file, made = exported(tmp_path, *PERIOD)
    lines = lines_of(file)
    here, others = ids(lines, "event"), ids(lines, "row")
    assert made.events == len(here)
    assert (min(here), max(here)) == (15, 47)
    assert others == ({*range(1, 51)} - {7, 8, 48}) - here
    assert {tuple(each) for each in lines if each["type"] == "row"} == {("type", "seal", "id", "mac", "fits_its_mac")}
    result = checked(file, made)
    assert (result.objections, result.seals, result.rows) == ([], 4, len(others))


@pytest.mark.parametrize("row_id", [1, 12, 13, 14, 15, LATE, 30, 35, 36, 42, 43, 46, 47, 50])
def test_a_row_that_is_gone_from_a_seal_around_the_period_is_objected_to(log, tmp_path, row_id):
    tamper("DELETE FROM audit_auditevent WHERE id = %s", row_id)
    file, made = exported(tmp_path, *PERIOD)
    seal = 4 if row_id == LATE else next(n for n, (low, high) in enumerate(SPANS, 1) if low <= row_id <= high)
    (objection,) = checked(file, made).objections
    assert objection.startswith(f"Seal {seal}: it sealed")
    assert made.wrong_seals == 1


SPANS = ((1, 14), (15, 28), (29, 42), (43, 50))


@pytest.mark.parametrize("spans", [[1], [2], [3], [4], [2, 3], [1, 2, 3, 4]])
def test_all_rows_of_a_seal_that_are_gone_are_objected_to(log, tmp_path, spans):
    """Also where no row of the period is left that the seal is found by."""
    for number in spans:
        tamper("DELETE FROM audit_auditevent WHERE id BETWEEN %s AND %s AND id <> %s", *SPANS[number - 1], LATE)
    file, made = exported(tmp_path, *PERIOD)
    found = {int(each.removeprefix("Seal ").partition(":")[0]) for each in checked(file, made).objections}
    assert found == set(spans)


def test_a_row_that_was_exchanged_or_lies_twice_is_objected_to(log, tmp_path):
    tamper("UPDATE audit_auditevent SET mac = overlay(mac placing '\\x0000' from 20) WHERE id = 2")
    tamper("UPDATE audit_auditevent SET at = at + interval '1 microsecond' WHERE id = 30")
    with transaction.atomic():
        insert([event(40, at=NOW)])
    file, made = exported(tmp_path, *PERIOD)
    assert [each.partition(":")[0] for each in checked(file, made).objections] == [
        *("Row 2", "Seal 1", "Event 30", "Row 40", "Seal 3"),
    ]
    assert (made.wrong_events, made.wrong_seals) == (2, 2)


@pytest.mark.parametrize("row_id", [15, LATE, 30, 36, 47])
def test_a_row_that_was_given_another_day_is_objected_to(log, tmp_path, row_id):
    """Its keyed hash is still what was sealed; as a row of another day it would say nothing more."""
    tamper("UPDATE audit_auditevent SET at = '2026-11-22 12:00+00' WHERE id = %s", row_id)
    file, made = exported(tmp_path, *PERIOD)
    (objection,) = checked(file, made).objections
    assert objection.startswith(f"Row {row_id}: it did not fit its keyed hash")
    assert (made.wrong_events, made.wrong_seals) == (1, 0)


def test_an_unsealed_row_that_was_given_another_day_is_counted(log, tmp_path):
    tamper("UPDATE audit_auditevent SET at = '2026-11-22 12:00+00' WHERE id = 64")
    file, made = exported(tmp_path, "2026-11-01", "2026-11-20")
    assert (made.wrong_events, 64 in ids(lines_of(file), "event")) == (1, False)


def test_a_stub_cannot_stand_for_an_event_of_the_period(log, tmp_path):
    """What says least is still under the footer's signature."""
    file, made = exported(tmp_path, *PERIOD)
    lines = [
        {"type": "row", "seal": each["seal"], "id": 30, "mac": each["mac"], "fits_its_mac": True}
        if each.get("id") == 30
        else each
        for each in lines_of(file)
    ]
    file.write_bytes(forged(lines))
    assert checked(file, made).objections == [
        "The file is not signed by every key that must sign it.",
        "The file does not hold as many events and seals as its header says.",
    ]


def test_the_seals_begin_before_the_period_and_end_behind_it(log, tmp_path):
    file, made = exported(tmp_path, "2026-10-31", "2026-11-02")
    lines = lines_of(file)
    seals = [each for each in lines if each["type"] == "seal"]
    assert seals[0]["at"] < lines[0]["from_instant"]
    assert seals[-1]["at"] > lines[0]["to_instant"]
    first = next(place for place, each in enumerate(lines) if each.get("number") == seals[1]["number"])
    later = [lines[0] | {"seals": len(seals) - 1, "events": len(ids(lines[first:], "event"))}, *lines[first:]]
    file.write_bytes(forged(later))
    assert any("begin within the period" in each for each in checked(file, made).objections)


def test_a_row_in_the_wrong_table_is_exported_all_the_same(log, tmp_path):
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        execute("ALTER TABLE audit_auditevent DETACH PARTITION audit_auditevent_y2026m10")
        execute("INSERT INTO audit_auditevent_y2026m10 SELECT * FROM audit_auditevent_y2026m11 WHERE id IN (40, 60)")
        execute("DELETE FROM audit_auditevent_y2026m11 WHERE id IN (40, 60)")
        execute(
            "ALTER TABLE audit_auditevent_y2026m10 ADD CONSTRAINT trick CHECK"
            " (at IS NOT NULL AND at >= '2026-10-01 00:00+00' AND at < '2026-11-01 00:00+00') NOT VALID"
        )
        execute("UPDATE pg_constraint SET convalidated = true WHERE conname = 'trick'")
        execute(
            "ALTER TABLE audit_auditevent ATTACH PARTITION audit_auditevent_y2026m10"
            " FOR VALUES FROM ('2026-10-01 00:00+00') TO ('2026-11-01 00:00+00')"
        )
        execute("ALTER TABLE audit_auditevent_y2026m10 DROP CONSTRAINT trick")
    file, made = exported(tmp_path, "2026-11-01", "2026-12-01")
    assert checked(file, made).objections == []
    assert {40, 60} <= ids(lines_of(file), "event")
    tamper("DELETE FROM audit_auditevent_y2026m10")
