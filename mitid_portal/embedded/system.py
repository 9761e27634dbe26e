"""The whole system on one folder: database, cache, keys, web, worker and beat.

``bin/run`` runs one in the checkout's ``var``; tests run others, on folders and ports of their own.
"""

import contextlib
import fcntl
import json
import os
import secrets
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import psutil

from mitid_portal.embedded import credentials, postgres, softhsm, valkey
from mitid_portal.embedded.child import Child, PartFailedError, Program
from mitid_portal.embedded.ledger import Ledger
from mitid_portal.embedded.preparation import Preparation

CHECKOUT: Final = Path(__file__).resolve().parent.parent.parent
READY_SECONDS: Final = 90.0
PREPARE_SECONDS: Final = 600.0
LONGEST_BACK_OFF_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0
OF_THE_TESTS: Final = frozenset({"TESTING", "DEBUG", "KEYRING_SECONDS"})


class Part(StrEnum):
    """A process of the system, in the order of starting."""

    POSTGRES = "postgres"
    VALKEY = "valkey"
    WEB = "web"
    WORKER = "worker"
    BEAT = "beat"


class AlreadyRunningError(Exception):
    """A system runs on the folder."""


class PortBusyError(Exception):
    """Another program listens on the web's port."""


class Interrupted(Exception):  # noqa: N818 - no error: somebody asked for it
    """The start was called off."""


class System:
    """One system; ``start`` and ``stop`` may follow one another any number of times.

    Start and tend it from a thread that lives as long as it shall: its parts end with that thread.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        say: Callable[[str], None] = lambda _line: None,
        is_called_off: Callable[[], bool] = lambda: False,
    ) -> None:
        """Describe a system on ``folder``; nothing is started yet.

        ``settings`` are environment variables that go before the system's own. ``say`` is told of progress.
        ``is_called_off`` is asked while the start waits.
        """
        self.folder = folder.resolve()
        self.port = valkey.free_port() if port is None else port
        self._settings = dict(settings or {})
        self._say = say
        self._is_called_off = is_called_off
        self._children: dict[str, Child] = {}
        self._failures: dict[Part, int] = {}
        self._restart_at: dict[Part, float] = {}
        self._ledger = Ledger(self.folder / "processes.json")
        self._lock: IO[str] | None = None
        self._cache_port = 0
        self.environment: dict[str, str] = {}

    @property
    def address(self) -> str:
        """Where the portal answers. By name: browsers let no page at a numeric address speak with a chip (WebAuthn)."""
        return f"http://localhost:{self.port}"

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Everything runs and health is green.

        Raises: AlreadyRunningError, PortBusyError, PartFailedError; Interrupted when called off. After each of them
                nothing of the system runs.
        """
        self._take_folder()
        try:
            self._start_stores()
            self._prepare()
            for part in (Part.WEB, Part.WORKER, Part.BEAT):
                self._launch(part)
            self._say("Starting the portal, its worker and its scheduler")
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def start_stores(self) -> None:
        """Database, cache and token are there, and nothing that uses them: for bringing a backup back."""
        self._take_folder()
        try:
            self._start_stores()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Nothing of the system runs any more; its data stay."""
        for part in (Part.BEAT, Part.WORKER, Part.WEB):  # they end side by side; what they need outlives them
            if part in self._children:
                self._children[part].ask_to_stop()
        for name in reversed(list(self._children)):
            self._children.pop(name).stop()
            self._ledger.write(self._children)
        self._failures.clear()
        self._restart_at.clear()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def pid(self, part: Part) -> int:
        """Give the process id of a part."""
        return self._children[part].pid

    def is_running(self, part: Part) -> bool:
        """Whether the part's process lives."""
        return part in self._children and self._children[part].is_running

    def kill(self, part: Part) -> None:
        """Kill a part with signal 9, as a crash would; it stays down until ``restart`` or ``tend``."""
        self._children[part].kill()

    def stop_part(self, part: Part) -> None:
        """Stop a part as an operator would; it stays down until ``restart``, as ``tend`` then leaves it alone."""
        self._children.pop(part).stop()
        self._ledger.write(self._children)

    def signal_part(self, part: Part, which: signal.Signals) -> None:
        """Send a signal to a part and to its children: SIGSTOP makes it hang, SIGCONT wakes it."""
        leader = psutil.Process(self._children[part].pid)
        for process in [leader, *leader.children(recursive=True)]:  # PostgreSQL's lead sessions of their own
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(which)

    def restart(self, part: Part) -> None:
        """The part runs, whatever was left of it before."""
        if part in self._children:
            self._children.pop(part).stop()
        self._launch(part)
        self._wait_for_store(part)

    def tend(self) -> None:
        """Start again what has died, later each time that it dies soon; call this every second or so."""
        now = time.monotonic()
        for part in Part:
            child = self._children.get(part)
            if child is None or child.is_running:
                continue
            if part not in self._restart_at:
                self._note_death(part, child, now)
            if now >= self._restart_at[part]:
                del self._restart_at[part]
                self._launch(part)

    def health(self) -> dict[str, str]:
        """Ask the portal which parts are up; empty when it does not answer."""
        try:
            with urllib.request.urlopen(f"{self.address}/health/ready", timeout=10) as answer:  # noqa: S310 - our own
                body = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                body = error.read()
        except OSError:
            return {}
        try:
            parts: dict[str, str] = json.loads(body)["parts"]
        except (ValueError, KeyError):
            return {}
        return parts

    def wait_until_well(self, seconds: float = READY_SECONDS) -> None:
        """Return once health is green.

        Raises: PartFailedError naming what is not, when it takes longer than ``seconds``.
        """
        deadline = time.monotonic() + seconds
        parts: dict[str, str] = {}
        while time.monotonic() < deadline:
            parts = self.health()
            if parts and set(parts.values()) == {"up"}:
                return
            self._pause(0.1)
        red = [name for name, word in parts.items() if word != "up"] or ["web"]
        raise PartFailedError(f"Not well after {seconds:.0f} seconds: {', '.join(red)}. See {self.folder / 'log'}.")

    def manage(self, *arguments: str, seconds: float = PREPARE_SECONDS) -> str:
        """Run a management command in the system's environment.

        Returns: what it printed. Raises: PartFailedError when it fails, takes too long or is called off.
        """
        log = self.folder / "log" / f"manage-{arguments[0]}-{secrets.token_hex(4)}.log"
        name = f"manage-{arguments[0]}"
        child = self._spawn(name, self._python("manage.py", *arguments, name=name, log=log))
        deadline = time.monotonic() + seconds
        try:
            while child.is_running and time.monotonic() < deadline:
                self._pause(0.02)
        finally:
            self._children.pop(name).stop()
            output = log.read_text(encoding="utf-8", errors="replace")
            log.unlink()
        if child.exit_code != 0:
            raise PartFailedError(f"manage.py {' '.join(arguments)} failed:\n{output[-4000:]}")
        return output

    def _take_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "log").mkdir(mode=0o700, exist_ok=True)
        lock = (self.folder / "run.lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise AlreadyRunningError(holder or "on this folder") from None
        lock.truncate(0)
        lock.write(f"at {self.address}, process {os.getpid()}")
        lock.flush()
        self._lock = lock
        for name in self._ledger.end_leftovers():
            self._say(f"Ended {name}, which an earlier run had left behind")

    def _start_stores(self) -> None:
        if not valkey.is_free(self.port):
            raise PortBusyError(f"Port {self.port} is in use by another program.")
        self._secrets = credentials.load_or_make(self.folder / "secrets.json")
        self._say("Starting PostgreSQL, Valkey and SoftHSM")
        for opened in postgres.prepare(self._database_folder, is_durable=True):
            self._say(f"Made {opened} passable for the database's own user (chmod o+x)")
        self._cache_port = valkey.free_port()
        self.environment = self._environment()
        for part in (Part.POSTGRES, Part.VALKEY):
            self._launch(part)
        for part in (Part.POSTGRES, Part.VALKEY):
            self._wait_for_store(part)
        postgres.make_role(self._database_folder)

    def _wait_for_store(self, part: Part) -> None:
        if part is Part.POSTGRES:
            postgres.wait_until_ready(self._database_folder, self._children[part])
        elif part is Part.VALKEY:
            password = self._secrets.cache_password
            valkey.wait_until_ready(self._children[part], port=self._cache_port, password=password)

    def _prepare(self) -> None:
        preparation = Preparation(self.folder, CHECKOUT)
        if preparation.is_needed():
            self._say("Bringing database, keys and people up to date")
            preparation.forget()
            self.manage("prepare", "--grant-to", postgres.PORTAL_ROLE)
            preparation.note_done()

    @property
    def _database_folder(self) -> Path:
        return self.folder / "postgres"

    def _environment(self) -> dict[str, str]:
        known = self._secrets
        token = softhsm.start(
            self.folder / "softhsm", label="mitid", user_pin=known.token_pin, officer_pin=known.officer_pin
        )
        return (
            {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
            | token
            | {
                "DJANGO_SETTINGS_MODULE": "mitid_portal.settings",
                "DEMO": "1",
                "SECRET_KEY": known.secret_key,
                "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
                "PUBLIC_ADDRESS": self.address,
                "DATABASE_URL": postgres.address(self._database_folder),
                "REDIS_URL": f"redis://:{known.cache_password}@127.0.0.1:{self._cache_port}/0",
                "CELERY_BROKER_URL": f"redis://:{known.cache_password}@127.0.0.1:{self._cache_port}/0",
                "VAR_DIR": str(self.folder),
                "DEMO_CLOCK_FILE": str(self.folder / "clock-offset"),
                "ALLOW_SOFT_HSM": "1",
                "SMS_TRANSPORTS": "notifications.transports.local.LocalSms",
                "EMAIL_TRANSPORT": "notifications.transports.local.LocalEmail",
                "CIVIL_REGISTER": "registration.registers.fixture.FixtureCivilRegister",
                "DOCUMENT_REGISTER": "registration.registers.fixture.FixtureDocumentRegister",
                "PYTHONUNBUFFERED": "1",
            }
            | self._settings
        )

    def _launch(self, part: Part) -> None:
        self._spawn(part, self._program(part))

    def _spawn(self, name: str, program: Program) -> Child:
        child = self._children[name] = Child(program)
        # In the order of starting, whatever was restarted since: stopping goes the other way.
        order = [*Part, name]
        self._children = dict(sorted(self._children.items(), key=lambda item: order.index(item[0])))
        self._ledger.write(self._children)
        return child

    def _program(self, part: Part) -> Program:
        log = self.folder / "log" / f"{part.value}.log"
        match part:
            case Part.POSTGRES:
                return postgres.program(self._database_folder, is_durable=True, log=log)
            case Part.VALKEY:
                return valkey.program(
                    self.folder / "valkey", port=self._cache_port, password=self._secrets.cache_password, log=log
                )
            case Part.WEB:
                return self._python(*_GUNICORN, f"--bind=127.0.0.1:{self.port}", name=part, log=log)
            case Part.WORKER:
                return self._python(*_CELERY, "worker", *_WORKER, name=part, log=log)
            case Part.BEAT:
                return self._python(*_CELERY, "beat", "--loglevel=WARNING", name=part, log=log)

    def _python(self, *arguments: str, name: str, log: Path) -> Program:
        environment = self.environment
        if name in {*Part} and "DATABASE_URL" not in self._settings:
            address = postgres.address(self._database_folder, role=postgres.PORTAL_ROLE)
            environment = environment | {"DATABASE_URL": address}
        return Program(name=name, argv=(sys.executable, *arguments), environment=environment, folder=CHECKOUT, log=log)

    def _note_death(self, part: Part, child: Child, now: float) -> None:
        child.end_group()
        lasted = now - child.started_at
        failures = self._failures[part] = 1 if lasted > STEADY_SECONDS else self._failures.get(part, 0) + 1
        wait = min(2.0 ** (failures - 1) / 2, LONGEST_BACK_OFF_SECONDS)
        self._restart_at[part] = now + wait
        self._say(f"{part.value} ended (code {child.exit_code}); it starts again in {wait:.1f} s")

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            for name, child in self._children.items():
                if not child.is_running:
                    raise PartFailedError(f"{name} did not start:\n{child.last_lines()}")
            with contextlib.suppress(PartFailedError):
                self.wait_until_well(seconds=1.0)
                return
        self.wait_until_well(seconds=5.0)

    def _pause(self, seconds: float) -> None:
        if self._is_called_off():
            raise Interrupted
        time.sleep(seconds)


_CONFIGURED: Final = "--config=python:mitid_portal.gunicorn"
_GUNICORN: Final = ("-m", "gunicorn", _CONFIGURED, "--workers=2", "--graceful-timeout=8", "--keep-alive=5")
_CELERY: Final = ("-m", "celery", "--app=mitid_portal", "--quiet")
_WORKER: Final = ("--loglevel=WARNING", "--pool=prefork", "--concurrency=2", "--without-gossip", "--without-mingle")


@contextlib.contextmanager
def ignored(*signals: signal.Signals) -> Iterator[None]:
    """Within, none of ``signals`` interrupts."""
    before = {which: signal.signal(which, signal.SIG_IGN) for which in signals}
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
