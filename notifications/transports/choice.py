"""Which provider of text messages is asked: the first that is well, and now and then one that was not."""

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from django.core.cache import cache
from redis.exceptions import RedisError

from notifications.queries import provider_minutes
from notifications.rules.choice import WINDOW, Answers, bad_share, is_well
from notifications.states import Channel
from notifications.transports import SmsTransport, sms_transports

READING_LASTS_SECONDS: Final = 5.0  # a reading serves all messages of a process meanwhile
PROBE_EVERY_SECONDS: Final = 30
ASK_EVERY_SECONDS: Final = 5.0  # one process asks the cache no more often whether a probe is due
_PROBE: Final = "notifications:sms-probe:"


@dataclass
class _Reading:
    """What this process knows of the providers' last minutes."""

    answers: dict[str, list[Answers]] = field(default_factory=dict)
    good_until: float = 0.0
    next_probe_at: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def renewed(self, now: datetime) -> dict[str, list[Answers]]:
        """Give the minutes by provider, read anew by one thread when the last reading is old."""
        with self.lock:
            if time.monotonic() < self.good_until:
                return self.answers
            self.good_until = time.monotonic() + READING_LASTS_SECONDS
        self.answers = _read(now)
        return self.answers

    def may_ask_for_probe(self, name: str) -> bool:
        """Tell, once in some seconds, that this process may ask whether a probe is due."""
        with self.lock:
            if time.monotonic() < self.next_probe_at.get(name, 0.0):
                return False
            self.next_probe_at[name] = time.monotonic() + ASK_EVERY_SECONDS
            return True

    def forget(self) -> None:
        """Read anew when next asked."""
        self.answers, self.good_until, self.next_probe_at = {}, 0.0, {}


reading = _Reading()


def chosen_sms(*, now: datetime, not_by: str | None = None) -> SmsTransport:
    """Give the provider to ask: the first in the settings that is well, another than ``not_by`` where there is one.

    One that is left because it is unwell gets one message every 30 seconds, by which it shows that it is back. With
    none that is well, the least unwell is asked.

    Rule:  rules/choice.py.
    """
    transports = sms_transports()
    if len(transports) == 1:
        return transports[0]
    answers = reading.renewed(now)
    able = [one for one in transports if one.name != not_by] or transports
    unwell = [one for one in able if not is_well(answers.get(one.name, []), now=now)]
    for transport in unwell:
        if len(able) > 1 and _may_probe(transport.name):
            return transport
    well = [one for one in able if one not in unwell]
    return well[0] if well else _least_unwell(able, answers, now)


def _least_unwell(transports: Sequence[SmsTransport], answers: dict[str, list[Answers]], now: datetime) -> SmsTransport:
    return min(transports, key=lambda one: bad_share(answers.get(one.name, []), since=now - WINDOW))


def _read(now: datetime) -> dict[str, list[Answers]]:
    by_name = defaultdict(list)
    reporting = {transport.name for transport in sms_transports() if transport.gives_receipts}
    for minute in provider_minutes(since=now - WINDOW):
        if minute.channel is Channel.SMS:
            count = minute.answered_yes + minute.answered_no + minute.failed
            by_name[minute.provider].append(
                Answers(
                    minute=minute.minute,
                    count=count,
                    failed=minute.failed,
                    slow=minute.slow,
                    taken=minute.answered_yes if minute.provider in reporting else 0,
                    delivered=minute.delivered,
                    undelivered=minute.undelivered,
                )
            )
    return dict(by_name)


def _may_probe(name: str) -> bool:
    """Tell, once every 30 seconds over all processes, that a message may go to a provider that is unwell.

    With the cache gone each process counts by itself: some messages more are no harm.
    """
    if not reading.may_ask_for_probe(name):
        return False
    try:
        return bool(cache.add(f"{_PROBE}{name}", 1, timeout=PROBE_EVERY_SECONDS))
    except (RedisError, OSError):
        reading.next_probe_at[name] = time.monotonic() + PROBE_EVERY_SECONDS
        return True
