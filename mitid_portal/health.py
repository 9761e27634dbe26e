"""Whether the portal is well: for load balancers, orchestrators and whoever watches.

It says which part is down and nothing about why: reasons are in the log files.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from audit.api import objection_to_end, seal_state
from hsm import api as hsm
from mitid_portal import clock
from mitid_portal.celery import app as celery_app
from mitid_portal.heartbeats import Process, is_alive
from notifications.api import objection_to_alerts

logger = logging.getLogger(__name__)

ANSWER_WITHIN_SECONDS: Final = 2.5
SHOWN_ONLY: Final = frozenset({"alerts"})
SEALED_WITHIN: Final = timedelta(seconds=60)  # AUDIT_SEAL_SECONDS is 5 unless set


@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """Say that this process answers; no other part is asked, so that its outage restarts nothing."""
    return _answer({"web": True})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Say which parts are up: 200 when all are that pages need, 503 otherwise.

    What other parts say is shown and no more: a balancer that took every web process away while a provider of text
    messages is out would take away the pages by which people block.
    """
    return _answer(_probes.results())


def _answer(parts: Mapping[str, bool]) -> JsonResponse:
    is_well = all(is_up for name, is_up in parts.items() if name not in SHOWN_ONLY)
    return JsonResponse(
        {"status": _word(is_up=is_well), "parts": {name: _word(is_up=is_up) for name, is_up in parts.items()}},
        status=200 if is_well else 503,
    )


def _word(*, is_up: bool) -> str:
    return "up" if is_up else "down"


def probe_database() -> None:
    """Raise unless the database answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def probe_cache() -> None:
    """Raise unless the cache takes and gives."""
    cache.set("health", "up", timeout=60)
    if cache.get("health") != "up":
        raise LookupError("The cache lost what it was given.")


def probe_seals() -> None:
    """Raise when a row of the log has waited too long for a seal, or when none can be made any more (LOG-1)."""
    objection = objection_to_end()
    if objection is not None:
        raise LookupError(objection)
    oldest = seal_state(now=(now := clock.now())).oldest_waiting_at
    if oldest is not None and now - oldest > SEALED_WITHIN:
        raise LookupError("Rows of the log wait for a seal.")


def probe_alerts() -> None:
    """Raise when nothing shows that alerts reach a provider (ALR-4)."""
    objection = objection_to_alerts(now=clock.now())
    if objection is not None:
        raise LookupError(objection)


def probe_broker() -> None:
    """Raise unless tasks could be sent."""
    with celery_app.connection_for_write() as broker:
        broker.connect()


def probe_worker() -> None:
    """Raise unless a worker gave a sign of life lately."""
    _expect_life(Process.WORKER)


def probe_beat() -> None:
    """Raise unless beat gave a sign of life lately."""
    _expect_life(Process.BEAT)


def _expect_life(process: Process) -> None:
    if not is_alive(process):
        raise LookupError("No sign of life.")


class Probes:
    """Probes that run at the same time and that nobody waits for longer than the limit.

    A probe that hangs keeps its thread; while it does, its part is down and no second probe of it is started, so
    that a hanging part costs one thread however often health is asked.
    """

    def __init__(self, probes: Mapping[str, Callable[[], None]]) -> None:
        """Take one probe for each part; a probe raises when its part is down."""
        self._probes = dict(probes)
        self._running: dict[str, _Run] = {}
        self._lock = threading.Lock()

    def results(self) -> dict[str, bool]:
        """Tell for each part whether it is up."""
        deadline = time.monotonic() + ANSWER_WITHIN_SECONDS
        with self._lock:
            runs = {name: self._run(name) for name in self._probes}
        return {name: run.is_up_by(deadline) for name, run in runs.items()}

    def _run(self, name: str) -> "_Run":
        run = self._running.get(name)
        if run is None or run.is_over:
            run = self._running[name] = _Run(name, self._probes[name])
        return run


class _Run:
    """One probe in a thread of its own."""

    def __init__(self, name: str, probe: Callable[[], None]) -> None:
        self._name = name
        self._probe = probe
        self._is_up = False
        self._over = threading.Event()
        threading.Thread(target=self._ask, name=f"health-{name}", daemon=True).start()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def is_up_by(self, deadline: float) -> bool:
        return self._over.wait(max(0.0, deadline - time.monotonic())) and self._is_up

    def _ask(self) -> None:
        try:
            self._probe()
            self._is_up = True
        except Exception as error:  # noqa: BLE001 - whatever a part answers with, it is down
            logger.warning("Health: %s is down (%s).", self._name, type(error).__name__)
        finally:
            connection.close()  # this thread's own; the pool would miss it
            self._over.set()


_probes = Probes(
    {
        "database": probe_database,
        "cache": probe_cache,
        "hsm": hsm.probe,
        "broker": probe_broker,
        "worker": probe_worker,
        "beat": probe_beat,
        "seals": probe_seals,
        "alerts": probe_alerts,
    },
)
