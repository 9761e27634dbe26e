"""The whole system starts, is tended, stops, and recovers from what kills it."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from mitid_portal.embedded import credentials, postgres, valkey
from mitid_portal.embedded.child import Child
from mitid_portal.embedded.ledger import Ledger
from mitid_portal.embedded.system import CHECKOUT, AlreadyRunningError, Part, PortBusyError, System

pytestmark = pytest.mark.faults


def processes_under(folder: Path) -> list[psutil.Process]:
    """Every process whose command line or environment names ``folder``, but this one."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            is_theirs = any(str(folder) in word for word in [*process.cmdline(), *process.environ().values()])
        except psutil.Error:
            continue
        if is_theirs and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def wait_until_nothing_runs(folder: Path, seconds: float = 25) -> None:
    deadline = time.monotonic() + seconds
    while left := processes_under(folder):
        assert time.monotonic() < deadline, [process.cmdline() for process in left]
        time.sleep(0.1)


@contextmanager
def command(folder: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """``bin/run`` past its set-up, as a process of its own."""
    running = subprocess.Popen(
        [sys.executable, "-m", "mitid_portal.embedded.run"],
        cwd=CHECKOUT,
        env={**os.environ, "VAR_DIR": str(folder), "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def read_until(running: subprocess.Popen[str], words: str) -> str:
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def test_it_starts_is_told_of_stops_and_leaves_nothing(folder: Path) -> None:
    with command(folder, port := valkey.free_port()) as running:
        told = read_until(running, "Ctrl-C stops everything")
        assert f"http://localhost:{port}/" in told
        assert f"http://localhost:{port}/demo/" in told
        assert len(processes_under(folder)) >= 7

        running.send_signal(signal.SIGTERM)
        rest, _ = running.communicate(timeout=40)

    assert running.returncode == 0, rest
    assert processes_under(folder) == []


def test_a_second_start_keeps_the_data_and_takes_less_than_ten_seconds(folder: Path) -> None:
    secret = (folder / "secrets.json").read_text()
    begun = time.monotonic()
    with System(folder) as system:
        assert time.monotonic() - begun < 10
        assert "[ ]" not in system.manage("showmigrations", "--plan")
    assert (folder / "secrets.json").read_text() == secret


def test_killed_with_signal_nine_it_leaves_nothing_and_starts_again(folder: Path) -> None:
    with command(folder, port := valkey.free_port()) as running:
        read_until(running, "Ctrl-C stops everything")
        running.kill()
        running.wait()
        wait_until_nothing_runs(folder)

        with System(folder, port=port) as system:
            assert set(system.health().values()) == {"up"}


def test_a_second_run_on_the_same_folder_is_refused_and_harms_nothing(system: System) -> None:
    with pytest.raises(AlreadyRunningError, match=f"at {system.address}, process {os.getpid()}"):
        System(system.folder).start()
    with command(system.folder, valkey.free_port()) as running:
        told, _ = running.communicate(timeout=30)

    assert running.returncode == 2
    assert f"runs already, at {system.address}" in told
    assert set(system.health().values()) == {"up"}


def test_a_busy_port_is_named_before_anything_starts(folder: Path) -> None:
    own = folder / "busy"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortBusyError, match=str(port)):
            System(own, port=port).start()
        with command(own, port) as running:
            told, _ = running.communicate(timeout=30)

    assert running.returncode == 2
    assert f"Port {port} is in use" in told
    assert "PORT=" in told
    assert not (own / "postgres").exists()


@pytest.mark.parametrize("port", ["0", "80x", "70000", "-1", ""])
def test_a_port_that_is_none_is_refused(folder: Path, port: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "mitid_portal.embedded.run"],
        cwd=CHECKOUT,
        env={**os.environ, "VAR_DIR": str(folder), "PORT": port},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 2
    assert "from 1 to 65535" in told.stdout


@pytest.mark.parametrize("part", [Part.WORKER, Part.BEAT, Part.VALKEY, Part.WEB, Part.POSTGRES])
def test_a_part_that_dies_is_started_again(system: System, part: Part) -> None:
    before = system.pid(part)
    children = psutil.Process(before).children(recursive=True)
    system.kill(part)

    deadline = time.monotonic() + 60
    while not system.is_running(part) or set(system.health().values()) != {"up"}:
        assert time.monotonic() < deadline, system.health()
        system.tend()
        time.sleep(0.1)

    assert system.pid(part) != before
    assert psutil.wait_procs(children, timeout=10)[1] == []


@pytest.mark.parametrize("part", [Part.WEB, Part.WORKER])
def test_a_parent_has_nothing_open_that_its_children_must_not_inherit(system: System, part: Part) -> None:
    """It unwrapped the data keys before the first fork (KEY-2); neither session survives one."""
    parent = psutil.Process(system.pid(part))
    opened = [str(link.readlink()) for link in Path(f"/proc/{parent.pid}/fd").iterdir() if link.exists()]

    assert len(parent.children()) >= 2
    assert not [name for name in opened if "softhsm" in name]
    unix = {int(line.split()[6]) for line in Path("/proc/net/unix").read_text().splitlines()[1:] if ".PGSQL." in line}
    assert not {int(name.strip("socket:[]")) for name in opened if name.startswith("socket:")} & unix


def test_secrets_are_made_once_and_only_their_owner_reads_them(folder: Path) -> None:
    file = folder / "own-secrets.json"
    made = credentials.load_or_make(file)

    assert credentials.load_or_make(file) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made.secret_key not in repr(made)
    assert len(made.secret_key) >= 50


def test_damaged_secrets_are_not_replaced(folder: Path) -> None:
    file = folder / "damaged.json"
    file.write_text('{"secret_key": ')

    with pytest.raises(ValueError, match="is damaged"):
        credentials.load_or_make(file)
    assert file.read_text() == '{"secret_key": '


def test_no_secret_stands_in_a_command_line_or_an_open_file(system: System) -> None:
    secrets = credentials.load_or_make(system.folder / "secrets.json")
    words = " ".join(word for process in processes_under(system.folder) for word in process.cmdline())

    for secret in (secrets.secret_key, secrets.token_pin, secrets.officer_pin, secrets.cache_password):
        assert secret not in words
    for file in ("secrets.json", "valkey/valkey.conf"):
        assert stat.S_IMODE((system.folder / file).stat().st_mode) == 0o600
    for part in ("softhsm", "valkey", "postgres", "log"):
        assert stat.S_IMODE((system.folder / part).stat().st_mode) == 0o700


def test_a_path_too_long_for_a_socket_works(folder: Path) -> None:
    place = folder / ("a-long-folder-name-" * 3) / ("another-one-" * 5) / "postgres"
    place.parent.mkdir(parents=True)
    postgres.prepare(place, is_durable=False)
    child = Child(postgres.program(place, is_durable=False, log=folder / "long.log"))
    try:
        postgres.wait_until_ready(place, child)
        assert postgres.socket_folder(place) != place
        host = str(postgres.socket_folder(place))
        with psycopg.connect(host=host, user="postgres", dbname="postgres") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        child.stop()
    postgres.socket_folder(place).rmdir()


def test_a_server_file_of_a_crash_that_names_another_program_is_cleared(folder: Path) -> None:
    place = folder / "crashed" / "postgres"
    postgres.prepare(place, is_durable=False)
    (place / "postmaster.pid").write_text(f"{os.getpid()}\n{place}\n0\n5432\n{place}\n\n0 0\nready\n")

    postgres.prepare(place, is_durable=False)

    assert not (place / "postmaster.pid").exists()


def test_an_interrupted_making_of_the_database_is_begun_anew(folder: Path) -> None:
    place = folder / "interrupted" / "postgres"
    (place.parent / "postgres.new" / "base").mkdir(parents=True)

    postgres.prepare(place, is_durable=False)

    assert (place / "PG_VERSION").exists()


def test_leftovers_are_ended_and_strangers_with_their_id_are_not(folder: Path) -> None:
    ledger = Ledger(folder / "ledger.json")
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    leftover = subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        created = psutil.Process(leftover.pid).create_time()
        (folder / "ledger.json").write_text(
            f'[{{"name": "old", "pid": {stranger.pid}, "created": {created + 60}, "signal": 15}},'
            f' {{"name": "left", "pid": {leftover.pid}, "created": {created}, "signal": 15}}]'
        )
        assert ledger.end_leftovers() == ["left"]
        assert leftover.poll() is not None
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
        leftover.wait()
