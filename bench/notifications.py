"""How soon an alert is with the provider: from the commit of what it tells of to the provider's yes.

The worker, the beat, the database, the broker, the provider's stand-in and the one process that stores the alerts
share the machine. Three rates by the clock, and one as fast as they can be stored; each alert is looked for at the
provider afterwards.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from mitid_portal.embedded.child import Child, Program
from mitid_portal.embedded.system import CHECKOUT, Part, System
from mitid_portal.embedded.valkey import free_port
from tests.notifications.twilio_stand_in import TwilioStandIn

PACED: Final = {10: 200, 100: 2000, 300: 3000}  # alerts a second: how many of them
UNPACED: Final = 3000
WARM_UP: Final = 100
ARRIVE_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Provider:
    """The stand-in: its process, what it says yes to, and the settings that point at it."""

    pid: int
    journal: Path
    settings: dict[str, str]


@dataclass(frozen=True)
class Run:
    """What became of the alerts of one rate: the seconds that each took, and CPU seconds by part."""

    stored: int
    each: list[float]
    doubled: int
    handed_per_s: float
    spent: dict[str, float]

    def figures(self, rate: int) -> dict[str, float]:
        """Give the figures of a paced rate: milliseconds, and alerts a second that were truly handed over."""
        at = statistics.quantiles(self.each, n=100)
        times = {f"p{share}_ms_at_{rate}_per_s": round(1000 * at[share - 1], 1) for share in (50, 95, 99)}
        return times | {f"handed_per_s_at_{rate}_per_s": round(self.handed_per_s, 1)}


def run() -> dict[str, float]:
    """Measure on a system and a stand-in of their own."""
    with tempfile.TemporaryDirectory(prefix="mitid-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with System(folder):
            """The demo's people are made, who get their codes on the demo's phones."""
        with _provider(folder) as provider, System(folder, settings=provider.settings) as system:
            return _measured(system, provider)


def _measured(system: System, provider: Provider) -> dict[str, float]:
    first = 0

    def alerts(count: int, rate: float) -> Run:
        nonlocal first
        first += count
        return _let_through(system, provider, first - count, count, rate)

    alerts(WARM_UP, 50)
    paced = {rate: alerts(count, rate) for rate, count in PACED.items()}
    fast = alerts(UNPACED, 0)
    figures: dict[str, float] = {}
    for rate, each in paced.items():
        figures |= each.figures(rate)
    all_runs = [*paced.values(), fast]
    per_alert = {part: 1000 * seconds / paced[100].stored for part, seconds in paced[100].spent.items()}
    return (
        figures
        | {
            "max_per_s": round(fast.handed_per_s, 1),
            "lost": sum(each.stored - len(each.each) for each in all_runs),
            "doubled": sum(each.doubled for each in all_runs),
        }
        | {f"cpu_ms_{part}": round(spent, 2) for part, spent in per_alert.items()}
        | {"cpu_ms": round(sum(per_alert.values()), 2)}
    )


def _let_through(system: System, provider: Provider, first: int, count: int, rate: float) -> Run:
    """Have ``count`` alerts stored, wait until the provider has them, and tell how long each took."""
    journal = provider.journal
    parts = {part.value: psutil.Process(system.pid(part)) for part in (Part.WORKER, Part.POSTGRES, Part.VALKEY)}
    parts["provider"] = psutil.Process(provider.pid)
    before = {name: _cpu_seconds(process) for name, process in parts.items()}
    offset = journal.stat().st_size if journal.exists() else 0
    arguments = [sys.executable, "-m", "bench._alerts", str(first), str(count), str(rate)]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(system.environment), cwd=CHECKOUT
    ) as storing:
        if storing.stdout is None or storing.stdout.readline() != "ready\n":
            raise SystemExit("The process that stores alerts did not start.")
        told, _nothing = storing.communicate("go\n")
    *stored, storing_seconds = told.splitlines()
    committed = {f"+{to}": float(at) for to, at in (line.split() for line in stored)}
    if len(committed) != count:
        raise SystemExit(f"{len(committed)} of {count} alerts were stored.")
    handed = _handed(journal, offset, set(committed))
    spent = {name: _cpu_seconds(process) - before[name] for name, process in parts.items()}
    spent["storing"] = float(storing_seconds)
    times = sorted(at for at, *_copies in handed.values())
    return Run(
        stored=count,
        each=[min(handed[to]) - at for to, at in committed.items() if to in handed],
        doubled=sum(len(copies) - 1 for copies in handed.values()),
        handed_per_s=len(times) / (times[-1] - min(committed.values())),
        spent=spent,
    )


def _handed(journal: Path, offset: int, wanted: set[str]) -> dict[str, list[float]]:
    """Read when the provider said yes to each number, once it has all of them or time is over."""
    deadline = time.monotonic() + ARRIVE_SECONDS
    while True:
        handed: dict[str, list[float]] = {}
        with journal.open("rb") as file:
            file.seek(offset)
            for line in file.read().splitlines():
                message = json.loads(line)
                if message["to"] in wanted:
                    handed.setdefault(message["to"], []).append(message["created_at"])
        if len(handed) == len(wanted) or time.monotonic() > deadline:
            return handed
        time.sleep(0.2)


@contextmanager
def _provider(folder: Path) -> Iterator[Provider]:
    """Run the stand-in as a process of its own."""
    port, journal = free_port(), folder / "provider.jsonl"
    child = Child(
        Program(
            name="provider",
            argv=(sys.executable, "-m", "tests.notifications.twilio_stand_in", str(port), str(journal)),
            log=folder / "provider.log",
            environment={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT)},
            folder=CHECKOUT,
        )
    )
    try:
        yield Provider(
            pid=child.pid,
            journal=journal,
            settings={
                "SMS_TRANSPORTS": "notifications.transports.twilio_sms.TwilioSms",
                "TWILIO_ACCOUNT_SID": TwilioStandIn.account_sid,
                "TWILIO_AUTH_TOKEN": TwilioStandIn.auth_token,
                "TWILIO_FROM": "+4592400000",
                "TWILIO_BASE_URL": f"http://127.0.0.1:{port}",
            },
        )
    finally:
        child.stop()


def _cpu_seconds(leader: psutil.Process) -> float:
    total = 0.0
    for process in [leader, *leader.children(recursive=True)]:
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total
