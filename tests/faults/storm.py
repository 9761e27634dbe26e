"""Every part that stands between an act and its alert, as a process that is killed and started again."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from mitid_portal.embedded import postgres, softhsm, valkey
from mitid_portal.embedded.child import Child, Program
from tests.notifications.twilio_stand_in import TwilioStandIn

PREPARE_SECONDS = 300
DOWN_SECONDS = (0.0, 0.6)  # between a death and the new start
POLL_SECONDS = 0.05
DRAIN_SECONDS = 600.0
PIN = "123456"


class Part(StrEnum):
    """What may be killed."""

    WORKER = "worker"
    BEAT = "beat"
    BROKER = "broker"
    DATABASE = "database"
    PROVIDER = "provider"


class Storm:
    """The parts on a folder of their own; ``kills`` counts the deaths."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        folder.chmod(0o755)
        self.folder, self.chance = folder, chance
        self.kills: Counter[Part] = Counter()
        self._broker_port, self._provider_port = valkey.free_port(), valkey.free_port()
        self._children: dict[Part, Child] = {}
        self._start_again_at: dict[Part, float] = {}
        token = softhsm.start(folder / "softhsm", label="storm", user_pin=PIN, officer_pin="12345678")
        self._environment = self._settings(token)

    @property
    def provider_journal(self) -> Path:
        return self.folder / "provider.jsonl"

    @property
    def acts_journal(self) -> Path:
        return self.folder / "acts.txt"

    def start(self) -> None:
        """Everything runs, on a new database with new keys."""
        for part in (Part.DATABASE, Part.BROKER):
            self._start(part)
        self.wait_for_database()
        subprocess.run(
            [sys.executable, "manage.py", "prepare"],
            check=True,
            capture_output=True,
            timeout=PREPARE_SECONDS,
            cwd=settings.BASE_DIR,
            env=self._environment | {"DEMO": "0", "TESTING": "1"},
        )
        for part in (Part.PROVIDER, Part.WORKER, Part.BEAT):
            self._start(part)

    def stop(self) -> None:
        for child in self._children.values():
            child.end_group()

    @contextmanager
    def actor(self) -> "Iterator[subprocess.Popen[str]]":
        """Run the process that acts; it is told on standard input how many."""
        arguments = [sys.executable, "-m", "tests.faults.acting", str(self.acts_journal)]
        with (
            (self.folder / "acting.log").open("ab") as log,
            subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=settings.BASE_DIR,
                env=self._environment,
            ) as acting,
        ):
            yield acting

    def handed(self) -> int:
        """About how many messages the provider has said yes to, without reading all of them."""
        if not self.provider_journal.exists():
            return 0
        with self.provider_journal.open("rb") as file:
            first = len(file.readline())
        return self.provider_journal.stat().st_size // first if first else 0

    def kill(self, part: Part) -> None:
        """A part dies by signal 9: all its processes, or of a worker the parent alone."""
        child = self._children[part]
        if part is Part.WORKER and self.chance.random() < 0.5:
            child.kill()
        else:
            child.end_group()
        self.kills[part] += 1
        self._start_again_at[part] = time.monotonic() + self.chance.uniform(*DOWN_SECONDS)

    def tend(self) -> None:
        """Start again what is dead, as the supervisor of a deployment does; a worker also leaves by itself."""
        for part, child in [*self._children.items()]:
            if child.is_running or time.monotonic() < self._start_again_at.get(part, 0.0):
                continue
            child.end_group()
            self._start(part)

    def tend_until(self, is_so: Callable[[], bool], *, seconds: float) -> None:
        """Tend until ``is_so``; fail after ``seconds``, which is long: a busy machine must not."""
        ends = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < ends, f"waited {seconds} seconds in vain: {self.last_lines()}"
            self.tend()
            time.sleep(POLL_SECONDS)

    def is_running(self, part: Part) -> bool:
        """Whether a part lives."""
        return self._children[part].is_running

    def wait_for_database(self) -> None:
        """Return once the database, which runs, answers."""
        postgres.wait_until_ready(self.folder / "postgres", self._children[Part.DATABASE])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read from the database, past whatever the portal makes of it."""
        with psycopg.connect(
            host=str(postgres.socket_folder(self.folder / "postgres")),
            port=postgres.PORT,
            user=postgres.OWNER,
            dbname="postgres",
            connect_timeout=5,
        ) as session:
            return session.execute(sql.encode()).fetchall()

    def last_lines(self) -> str:
        return "\n".join(f"{part.value}: {child.last_lines(5)}" for part, child in self._children.items())

    def _start(self, part: Part) -> None:
        if part is Part.DATABASE:
            postgres.prepare(self.folder / "postgres", is_durable=True)
        self._children[part] = Child(self._program(part))

    def _program(self, part: Part) -> Program:
        log = self.folder / f"{part.value}.log"
        celery = ("-m", "celery", "--app=mitid_portal", "--quiet")
        match part:
            case Part.DATABASE:
                return postgres.program(self.folder / "postgres", is_durable=True, log=log)
            case Part.BROKER:
                return valkey.program(self.folder / "valkey", port=self._broker_port, password="", log=log)
            case Part.WORKER:
                options = ("--loglevel=WARNING", "--pool=prefork", "--concurrency=2")
                return self._python(part, *celery, "worker", *options, "--without-gossip", "--without-mingle")
            case Part.BEAT:
                schedule = f"--schedule={self.folder / 'schedule'}"
                return self._python(part, *celery, "beat", "--loglevel=WARNING", schedule, "--pidfile=")
            case Part.PROVIDER:
                stand_in = ("-m", "tests.notifications.twilio_stand_in")
                return self._python(part, *stand_in, str(self._provider_port), str(self.provider_journal))

    def _python(self, part: Part, *arguments: str) -> Program:
        return Program(
            name=part.value,
            argv=(sys.executable, *arguments),
            log=self.folder / f"{part.value}.log",
            environment=self._environment,
            folder=settings.BASE_DIR,
        )

    def _settings(self, token: dict[str, str]) -> dict[str, str]:
        return (
            os.environ
            | token
            | {
                "DATABASE_URL": postgres.address(self.folder / "postgres"),
                "REDIS_URL": f"redis://127.0.0.1:{self._broker_port}/0",
                "VAR_DIR": str(self.folder / "var"),
                "TESTING": "0",
                "DEMO": "1",  # the checks of production would refuse the soft parts and the stand-in
                "ALLOWED_HOSTS": "127.0.0.1",
                "KEYRING_SECONDS": "15",
                "SMS_TRANSPORTS": "notifications.transports.twilio_sms.TwilioSms",
                "TWILIO_ACCOUNT_SID": TwilioStandIn.account_sid,
                "TWILIO_AUTH_TOKEN": TwilioStandIn.auth_token,
                "TWILIO_FROM": "+4592400000",
                "TWILIO_BASE_URL": f"http://127.0.0.1:{self._provider_port}",
                "SEND_TIMEOUT_SECONDS": "2",
                "DELIVERY_LEASE_SECONDS": "8",
            }
        )
