"""A worker, beat and broker of a test's own, as real processes that may be killed."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from django.conf import settings
from django.db import connection

from mitid_portal.embedded import valkey
from mitid_portal.embedded.child import Child, Program
from tests.broker import pointed_at
from tests.notifications.twilio_stand_in import TwilioStandIn

LEASE_SECONDS = 4
SWEEP_SECONDS = 5
SLACK_SECONDS = 4  # two shared cores
START_SECONDS = 60
HEARTBEAT = ":1:heartbeat:worker"


def wait_until(is_so: Callable[[], bool], *, seconds: float) -> float:
    """Return how long it took until ``is_so``; fail when it takes longer than ``seconds``."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, f"waited {seconds} seconds in vain"
        time.sleep(0.05)
    return time.monotonic() - began


class Background:
    """What stands between a commit and the provider."""

    def __init__(self, folder: Path, twilio: TwilioStandIn) -> None:
        self.folder = folder
        self.twilio = twilio
        self.broker = valkey.start(folder / "broker")
        self.children: list[Child] = []
        self.killed: set[int] = set()
        self.starts = 0

    @property
    def broker_address(self) -> str:
        return f"redis://127.0.0.1:{self.broker.port}/0"

    def start_worker(self) -> Child:
        """Return a worker that takes tasks."""
        with redis.Redis(port=self.broker.port) as client:
            client.delete(HEARTBEAT)
            worker = self._celery("worker", "--pool=prefork", "--concurrency=2", "--without-gossip", "--without-mingle")
            wait_until(lambda: bool(client.exists(HEARTBEAT)) or not worker.is_running, seconds=START_SECONDS)
        assert worker.is_running, worker.last_lines()
        return worker

    def start_beat(self) -> Child:
        """Return beat, which sweeps every five seconds."""
        return self._celery("beat", f"--schedule={self.folder / 'schedule'}", "--pidfile=")

    def tend(self) -> None:
        """Start again what ended by itself, as the supervisor of a deployment does.

        Celery's worker leaves when it loses a Redis broker with a task in hand (docs/decisions/0022).
        """
        for child in [*self.children]:
            if not child.is_running and child.pid not in self.killed:
                child.end_group()
                self.children.remove(child)
                self.children.append(Child(child.program))

    def kill(self, child: Child, *, is_whole_group: bool) -> None:
        """A process dies by signal 9, with the pool that it made or without."""
        self.killed.add(child.pid)
        if is_whole_group:
            child.end_group()
        else:
            child.kill()

    def kill_broker(self) -> None:
        """The broker is gone as with a power cut."""
        self.broker.child.kill()

    def restart_broker(self, *, is_empty: bool) -> None:
        """The broker is back on its port; an empty one has lost every task."""
        self.starts += 1
        folder = self.folder / (f"broker-{self.starts}" if is_empty else "broker")
        self.broker = valkey.start(folder, port=self.broker.port)

    def queued_tasks(self) -> int:
        """Count what waits at the broker at any priority."""
        with redis.Redis(port=self.broker.port) as client:
            return sum(client.llen(key) for key in client.keys("celery*"))

    def stop(self) -> None:
        for child in self.children:
            child.end_group()
        self.broker.child.stop()

    def _celery(self, *arguments: str) -> Child:
        address, _, _name = os.environ["DATABASE_URL"].rpartition("/")
        environment = os.environ | {
            "DATABASE_URL": f"{address}/{connection.settings_dict['NAME']}",
            "TESTING": "0",
            "KEYRING_SECONDS": "15",
            "DEMO": "1",  # the checks of production would refuse the soft parts and the stand-in
            "ALLOWED_HOSTS": "127.0.0.1",
            "VAR_DIR": str(self.folder / "var"),
            "REDIS_URL": self.broker_address,
            "SMS_TRANSPORTS": "notifications.transports.twilio_sms.TwilioSms",
            "TWILIO_ACCOUNT_SID": self.twilio.account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio.auth_token,
            "TWILIO_FROM": "+4592400000",
            "TWILIO_BASE_URL": self.twilio.address,
            "SEND_TIMEOUT_SECONDS": "1",
            "DELIVERY_LEASE_SECONDS": str(LEASE_SECONDS),
        }
        child = Child(
            Program(
                name=arguments[0],
                argv=(sys.executable, "-m", "celery", "--app=mitid_portal", "--quiet", *arguments),
                log=self.folder / f"{arguments[0]}.log",
                environment=environment,
                folder=settings.BASE_DIR,
            )
        )
        self.children.append(child)
        return child


@contextmanager
def running(folder: Path) -> Iterator[Background]:
    """A broker and a provider run, and this process wakes workers through that broker."""
    with TwilioStandIn() as twilio:
        background = Background(folder, twilio)
        try:
            with pointed_at(background.broker_address):
                yield background
        finally:
            background.stop()
