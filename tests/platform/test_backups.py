"""Backup and restore of token and database together: nothing in the clear, nothing half, and all of it back."""

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mitid_portal.backups.errors import BackupDamaged, WrongPassphrases
from mitid_portal.backups.sealed_file import PIECE_BYTES, OpeningReader, Passphrases, SealingWriter
from mitid_portal.demo.walkthrough.acts import PORTAL, log_in
from mitid_portal.demo.walkthrough.demo_side import DemoSide
from mitid_portal.demo.walkthrough.visitor import Visitor
from mitid_portal.embedded.system import CHECKOUT, Part, System
from tests.platform.backups import (
    PASSPHRASES,
    RESTORES,
    SPOIL,
    backup,
    execute,
    spoilt_value,
    without_a_migration,
)

BOTH = Passphrases(*PASSPHRASES)
SERVING = (Part.BEAT, Part.WORKER, Part.WEB)


def sealed(content: bytes, *, bound_to: bytes = b"dump") -> bytes:
    out = io.BytesIO()
    writer = SealingWriter(out, BOTH, bound_to=bound_to)
    for start in range(0, len(content), 300_000):
        writer.write(content[start : start + 300_000])
    writer.finish()
    return out.getvalue()


def opened(file: bytes, passphrases: Passphrases = BOTH, *, bound_to: bytes = b"dump") -> bytes:
    return io.BufferedReader(OpeningReader(io.BytesIO(file), passphrases, bound_to=bound_to)).read()


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES + 77])
def test_what_was_sealed_opens_for_the_same_two_people_in_either_order(size: int) -> None:
    content = os.urandom(size)
    file = sealed(content)

    assert opened(file) == content
    assert opened(file, Passphrases(BOTH.other, BOTH.one)) == content
    assert size < 64 or content[:64] not in file


def test_one_of_the_two_is_not_enough_and_neither_is_another_dump() -> None:
    """KEY-1: the token's copy opens for the two together, and only beside the database it was made with."""
    file = sealed(b"keys")

    for wrong in (Passphrases(BOTH.one, BOTH.one), Passphrases(BOTH.one, "not what it was"), Passphrases("", "")):
        with pytest.raises(WrongPassphrases):
            opened(file, wrong)
    with pytest.raises(WrongPassphrases):
        opened(file, bound_to=b"another dump")


def test_a_file_that_was_cut_changed_or_put_together_anew_does_not_open() -> None:
    file = sealed(os.urandom(2 * PIECE_BYTES + 5))
    first = 30 + 5 + PIECE_BYTES + 16  # header, head of the piece, ciphertext, tag
    second = first + 5 + PIECE_BYTES + 16

    for damaged in (
        file[:second],  # the last piece is gone
        file[:-1],
        file[:first] + file[second:],  # one is left out
        file[:30] + file[first:second] + file[30:first] + file[second:],  # two change places
        file[: second + 10] + bytes([file[second + 10] ^ 1]) + file[second + 11 :],
        b"something else",
    ):
        with pytest.raises((BackupDamaged, WrongPassphrases)):
            opened(damaged)


@pytest.mark.parametrize(
    ("passphrases", "is_fit"),
    [(PASSPHRASES, True), (("short", PASSPHRASES[1]), False), ((PASSPHRASES[0], PASSPHRASES[0]), False)],
)
def test_passphrases_are_long_and_two(passphrases: tuple[str, str], is_fit: bool) -> None:
    assert (Passphrases(*passphrases).refusal() is None) == is_fit
    assert passphrases[0] not in repr(Passphrases(*passphrases))


@pytest.fixture(scope="module")
def kept(system: System) -> Path:
    """A backup of the running system."""
    folder = system.folder / "backups" / "first"
    made = backup(system, "create", "--to", str(folder))
    assert made.returncode == 0, made.stderr
    return folder


def contents(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


@pytest.mark.faults
def test_a_backup_is_for_its_owner_alone_and_holds_no_key_in_the_clear(system: System, kept: Path) -> None:
    """KEY-1."""
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in kept.iterdir()} == {0o600}
    token = b"".join(file.read_bytes() for file in (system.folder / "softhsm").rglob("*.object"))
    written = contents(kept)
    assert len(token) > 4096
    assert not [start for start in range(0, len(token) - 48, 48) if _is_telling(part := token[start : start + 48])
                and part in written]  # fmt: skip
    for passphrase in PASSPHRASES:
        assert passphrase.encode() not in written

    manifest = json.loads((kept / "manifest.json").read_text())
    assert {key["name"] for key in manifest["keys"]} >= {"data-wrap", "lookup", "verifier", "log-seal", "data-key"}
    assert all(key["check"] for key in manifest["keys"])
    assert {entry["name"] for entry in manifest["files"]} >= {"database.dump", "token.tar.sealed"}


def _is_telling(part: bytes) -> bool:
    return len(set(part)) > 24


@pytest.mark.faults
def test_a_backup_is_proven_against_the_keys_that_are_there(system: System, kept: Path) -> None:
    proven = backup(system, "prove", "--against", str(kept))

    assert proven.returncode == 0, proven.stderr
    assert "sealed values" in proven.stdout


@pytest.mark.faults
def test_a_folder_that_holds_something_gets_no_backup(system: System, kept: Path) -> None:
    again = backup(system, "create", "--to", str(kept))

    assert again.returncode == 2
    assert "is not empty" in again.stderr


@pytest.mark.faults
def test_a_damaged_backup_touches_nothing(system: System, kept: Path) -> None:
    for name in ("database.dump", "token.tar.sealed"):
        damaged = system.folder / "backups" / f"damaged-{name}"
        shutil.copytree(kept, damaged)
        with (damaged / name).open("r+b") as file:
            file.seek(-20, os.SEEK_END)
            byte = file.read(1)
            file.seek(-20, os.SEEK_END)
            file.write(bytes([byte[0] ^ 1]))
        refused = backup(system, "restore", "--from", str(damaged), "--reason", "drill", "--replace")
        assert refused.returncode == 2
        assert f"{name} is not what was written" in refused.stderr
        (damaged / name).unlink()
        assert f"{name} is missing" in backup(system, "restore", "--from", str(damaged), "--token-only").stderr
    system.wait_until_well(10)


@pytest.mark.faults
def test_what_is_there_is_replaced_only_when_told_and_when_nobody_works_with_it(system: System, kept: Path) -> None:
    ordinary = backup(system, "restore", "--from", str(kept), "--reason", "drill")
    assert (ordinary.returncode, "--replace" in ordinary.stderr) == (2, True)
    running = backup(system, "restore", "--from", str(kept), "--reason", "drill", "--replace")
    assert (running.returncode, "stop web, worker and beat" in running.stderr) == (2, True)
    wrong = ("not the one it was", PASSPHRASES[1])
    guessed = backup(system, "restore", "--from", str(kept), "--token-only", "--replace", passphrases=wrong)
    assert (guessed.returncode, "passphrases" in guessed.stderr) == (2, True)
    assert not list((system.folder / "softhsm").glob("tokens.*"))
    system.wait_until_well(10)


@pytest.mark.faults
def test_a_manifest_that_its_keys_did_not_sign_touches_nothing(system: System, kept: Path) -> None:
    """Whoever can write to where backups lie writes a manifest of their own, with a dump of their own beside it."""
    forged = system.folder / "backups" / "forged"
    shutil.copytree(kept, forged)
    manifest = json.loads((forged / "manifest.json").read_text())
    manifest["made_at"] = "2026-01-01T00:00:00+00:00"
    (forged / "manifest.json").write_text(json.dumps(manifest))
    words = ("restore", "--from", str(forged), "--reason", "drill", "--replace")
    refused = backup(system, *words)
    assert (refused.returncode, "no signature of log-seal and log-seal-pq" in refused.stderr) == (2, True)
    for fingerprint in ("", "00" * 32):
        other = backup(system, "restore", "--from", str(kept), "--token-only", "--fingerprint", fingerprint)
        assert (other.returncode, "no signature" in other.stderr) == (2, True)
    (forged / "manifest.signatures.json").unlink()
    assert "signatures.json is missing" in backup(system, *words).stderr
    system.wait_until_well(10)


@pytest.mark.faults
def test_a_dump_that_is_changed_after_it_was_checked_is_not_committed(system: System, kept: Path) -> None:
    program = """
import sys
from dataclasses import replace
from pathlib import Path
import django
django.setup()
from mitid_portal.backups import database
from mitid_portal.backups.errors import BackupDamaged
from mitid_portal.backups.manifest import file_entry
dump = Path(sys.argv[1])
checked = replace(file_entry(dump, lambda done, more=0: None), sha256="00" * 32)
try:
    database.restore(dump, checked, lambda done, more=0: None)
except BackupDamaged as error:
    print(error)
"""
    for part in SERVING:
        system.stop_part(part)
    try:
        before = system.manage("hsm", "keys")
        said = subprocess.run(
            [sys.executable, "-c", program, str(kept / "database.dump")],
            cwd=CHECKOUT,
            env=system.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "changed while it was read" in said.stdout
        assert system.manage("hsm", "keys") == before
    finally:
        for part in reversed(SERVING):
            system.restart(part)
    system.wait_until_well(60)


@pytest.mark.faults
def test_half_a_dump_leaves_the_database_as_it_was(system: System, kept: Path) -> None:
    half = system.folder / "half.dump"
    half.write_bytes((kept / "database.dump").read_bytes()[: (kept / "database.dump").stat().st_size // 2])
    program = """
import sys
from pathlib import Path
import django
django.setup()
from mitid_portal.backups import database
from mitid_portal.backups.errors import BackupFailed
from mitid_portal.backups.manifest import file_entry
try:
    half = Path(sys.argv[1])
    database.restore(half, file_entry(half, lambda done, more=0: None), lambda done, more=0: None)
except BackupFailed as error:
    print(error)
"""
    for part in SERVING:
        system.stop_part(part)
    try:
        said = subprocess.run(
            [sys.executable, "-c", program, str(half)],
            cwd=CHECKOUT,
            env=system.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "pg_restore failed" in said.stdout
        assert backup(system, "prove").returncode == 0
    finally:
        for part in reversed(SERVING):
            system.restart(part)
    system.wait_until_well(60)


@pytest.mark.faults
def test_a_hardware_modules_keys_are_compared_and_not_copied(system: System) -> None:
    folder = system.folder / "backups" / "vendor"
    system.environment["TOKEN_BACKUP"] = "mitid_portal.backups.vendor.VendorBackup"
    try:
        made = backup(system, "create", "--to", str(folder))
    finally:
        del system.environment["TOKEN_BACKUP"]

    assert made.returncode == 0, made.stderr
    assert "vendor's procedure" in made.stdout
    assert not (folder / "token.tar.sealed").exists()
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["keys"][0]["check"] = "00000000"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    other = backup(system, "prove", "--against", str(folder))
    assert other.returncode == 2
    assert manifest["keys"][0]["name"] in other.stderr


@pytest.fixture
def demo(system: System) -> Iterator[DemoSide]:
    side = DemoSide(system.address)
    yield side
    side.close()


@pytest.mark.faults
def test_drill_everything_is_destroyed_and_brought_back(system: System, demo: DemoSide, capsys) -> None:
    """KEY-2: database and token are gone; backup, passphrases and PIN are all there is. Times are printed."""
    folder = system.folder / "backups" / "drill"
    citizen = demo.one("citizen")

    def enter() -> None:
        with Visitor("citizen", system.address) as visitor:
            log_in(
                visitor,
                demo,
                door=PORTAL,
                user_id=citizen.user_id or "",
                serial=citizen.devices[0],
                password=citizen.password,
            )
            visitor.expect("Your profile")

    enter()
    begun = time.monotonic()
    made = backup(system, "create", "--to", str(folder))
    assert made.returncode == 0, made.stderr
    created = time.monotonic() - begun
    enter()  # is lost with what follows
    system.stop()
    shutil.rmtree(system.folder / "postgres")
    shutil.rmtree(system.folder / "softhsm" / "tokens")

    begun = time.monotonic()
    system.start_stores()
    brought = backup(system, "restore", "--from", str(folder), "--reason", "drill", "--replace")
    assert brought.returncode == 0, brought.stderr
    system.stop()
    restored = time.monotonic() - begun
    system.start()
    up = time.monotonic() - begun
    proven = backup(system, "prove", "--against", str(folder))
    assert proven.returncode == 0, proven.stderr
    demo._used.clear()
    demo._post("/demo/clock", {"minutes": 2})
    enter()
    assert "it was restored and what it lacks" in brought.stdout
    assert "RESTORED" in system.manage("audit", "verify").upper()
    said = [line.strip() for line in brought.stdout.splitlines() if " took " in line or "Proven" in line]
    with capsys.disabled():
        print(f"\nDrill: backup {created:.1f} s; restored {restored:.1f} s, serving {up:.1f} s; {'; '.join(said)}")


@pytest.mark.faults
def test_a_restore_that_does_not_come_to_its_end_is_in_the_log_all_the_same(system: System) -> None:
    """LOG-1: the backup is of a version before, or a value in it opens no more; the log tells what it lacks."""
    ((before,),) = execute(system, RESTORES)
    spoilt, older = (system.folder / "backups" / name for name in ("spoilt", "older"))
    with spoilt_value(system):
        with without_a_migration(system):
            assert backup(system, "create", "--to", str(older)).returncode == 0
        assert backup(system, "create", "--to", str(spoilt)).returncode == 0
    _wait_for_seals(system, after=spoilt)
    for part in SERVING:
        system.stop_part(part)
    try:
        ended = backup(system, "restore", "--from", str(spoilt), "--reason", "drill", "--replace")
        assert (ended.returncode, "1 values do not open" in ended.stderr) == (2, True)
        assert "RESTORED" in system.manage("audit", "verify").upper()
        assert execute(system, RESTORES) == [(before + 1,)]

        left = backup(system, "restore", "--from", str(older), "--reason", "drill", "--replace")
        assert left.returncode == 2
        for command in ("manage.py migrate", "manage.py audit accept-restore drill", "manage.py backup prove"):
            assert command in left.stderr
        system.manage("migrate", "--fake", "--no-input", "--verbosity=0")
        assert "are lost" in system.manage("audit", "accept-restore", "drill")
        assert "RESTORED" in system.manage("audit", "verify").upper()
        assert "1 values do not open" in backup(system, "prove").stderr
        execute(system, SPOIL)
    finally:
        for part in reversed(SERVING):
            system.restart(part)
    system.wait_until_well(60)
    assert backup(system, "prove").returncode == 0


def _wait_for_seals(system: System, *, after: Path) -> None:
    """The log has gone on since a backup, so that a restore of it lacks something."""
    held = (after / "audit-heads.jsonl").read_bytes()
    ends = time.monotonic() + 60
    while (system.folder / "audit-heads.jsonl").read_bytes() == held:
        assert time.monotonic() < ends, "nothing is sealed"
        time.sleep(0.2)
