"""Numbers about messages for Prometheus, read from the database when they are asked for.

Any web process answers the same: nothing is counted in its memory. What only grows begins anew at midnight in Denmark,
which a counter may do as after a restart.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from mitid_portal import clock
from notifications.api import (
    Channel,
    MinuteOfProvider,
    Priority,
    QueueLine,
    day_began,
    given_up,
    heartbeats,
    maybe_doubled,
    provider_sums,
    queue,
    spent_of,
)

MICRO: Final = 1_000_000
BY_QUEUE: Final = ("priority", "channel")
BY_PROVIDER: Final = ("provider", "channel")
OUTCOMES: Final = (("yes", "answered_yes"), ("no", "answered_no"), ("failed", "failed"))
REPORTS: Final = (("delivered", "delivered"), ("undelivered", "undelivered"), ("unknown", "unknown_reports"))


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Give the metrics to who has the token; to everybody else there is no such page."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected: str = settings.METRICS_TOKEN
    if not expected or scheme.lower() != "bearer" or not constant_time_compare(token.strip(), expected):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Messages(now=clock.now()))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class Messages(Collector):
    """How messages go at ``now``. Five queries, however many messages there are."""

    def __init__(self, *, now: datetime) -> None:
        """Remember the instant that is asked about."""
        self._now = now

    def describe(self) -> list[Metric]:
        """Name nothing in advance: to register asks the database nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read everything and give it in Prometheus' terms."""
        began = day_began(self._now)
        sums = provider_sums(since=began)
        yield from _queue(queue(now=self._now), now=self._now)
        yield from _providers(sums)
        yield from self._rest(began, sums)

    def _rest(self, began: datetime, sums: list[MinuteOfProvider]) -> Iterator[Metric]:
        dead = CounterMetricFamily("mitid_deliveries_given_up", "Given up today.", labels=["channel"])
        lost = given_up(since=began)
        for channel in (Channel.SMS, Channel.EMAIL):
            dead.add_metric([channel.value], lost.get(channel, 0))
        yield dead
        yield CounterMetricFamily(
            "mitid_deliveries_maybe_doubled", "Second copies risked today.", value=maybe_doubled(since=began)
        )
        beat = GaugeMetricFamily(
            "mitid_heartbeat_age_seconds",
            "Since a provider last took a heartbeat; +Inf: not in a day.",
            labels=["channel"],
        )
        for line in heartbeats(now=self._now):
            age = float("inf") if line.arrived_at is None else (self._now - line.arrived_at).total_seconds()
            beat.add_metric([line.channel.value], age)
        yield beat
        spent = spent_of(sums)
        yield CounterMetricFamily(
            "mitid_sms_cost", "Cost of today's text messages, at least.", value=spent.cost_micro / MICRO
        )
        yield GaugeMetricFamily(
            "mitid_sms_cost_ceiling", "What a day may cost; 0: no ceiling.", value=spent.ceiling_micro / MICRO
        )
        yield GaugeMetricFamily(
            "mitid_sms_spending", "0: normal, 1: near the ceiling, 2: over it.", value=int(spent.spending)
        )


def _queue(lines: list[QueueLine], *, now: datetime) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("mitid_deliveries_open", "Not yet sent.", labels=BY_QUEUE)
    due = GaugeMetricFamily("mitid_deliveries_due", "Not yet sent, and could be.", labels=BY_QUEUE)
    oldest = GaugeMetricFamily(
        "mitid_deliveries_oldest_due_seconds", "For how long the oldest that is due has been.", labels=BY_QUEUE
    )
    found = {(line.priority, line.channel): line for line in lines}
    for priority in Priority:
        for channel in (Channel.SMS, Channel.EMAIL):
            line = found.get((priority, channel))
            labels = [priority.name.lower(), channel.value]
            since = line.oldest_due_at if line else None
            waiting.add_metric(labels, line.waiting if line else 0)
            due.add_metric(labels, line.due if line else 0)
            oldest.add_metric(labels, max(0.0, (now - since).total_seconds()) if since else 0.0)
    yield from (waiting, due, oldest)


def _providers(sums: list[MinuteOfProvider]) -> Iterator[Metric]:
    answers = CounterMetricFamily(
        "mitid_provider_answers", "Answers of providers today.", labels=[*BY_PROVIDER, "outcome"]
    )
    slow = CounterMetricFamily("mitid_provider_slow_answers", "Slow answers today.", labels=BY_PROVIDER)
    seconds = CounterMetricFamily("mitid_provider_seconds", "Time that answers took today.", labels=BY_PROVIDER)
    reports = CounterMetricFamily(
        "mitid_provider_reports", "Reports of providers today.", labels=[*BY_PROVIDER, "outcome"]
    )
    segments = CounterMetricFamily("mitid_provider_segments", "Parts of text messages today.", labels=BY_PROVIDER)
    cost = CounterMetricFamily("mitid_provider_cost", "Cost that providers have told today.", labels=BY_PROVIDER)
    for line in sums:
        labels = [line.provider, line.channel.value]
        for outcome, name in OUTCOMES:
            answers.add_metric([*labels, outcome], getattr(line, name))
        for outcome, name in REPORTS:
            reports.add_metric([*labels, outcome], getattr(line, name))
        slow.add_metric(labels, line.slow)
        seconds.add_metric(labels, line.took_ms_sum / 1000)
        segments.add_metric(labels, line.segments)
        cost.add_metric(labels, line.cost_micro / MICRO)
    yield from (answers, slow, seconds, reports, segments, cost)
