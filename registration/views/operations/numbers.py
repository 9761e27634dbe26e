"""What the live page shows, as numbers in words: the page and its refreshing script read the same."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from mitid_portal.times import COPENHAGEN, danish_time
from notifications.api import (
    Channel,
    FailingLine,
    HeartbeatLine,
    MinuteOfProvider,
    Priority,
    QueueLine,
    Spending,
    Spent,
    day_began,
    failing,
    given_up,
    heartbeats,
    objection_to_alerts,
    provider_hours,
    provider_minutes,
    provider_sums,
    queue,
    spent_of,
)
from registration.message_texts import CHANNELS, PRIORITIES
from registration.rules.charts import Column, columns, percent
from registration.texts import Text

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
MINUTES_SHOWN: Final = 15
HOURS_SHOWN: Final = 24
MICRO: Final = 1_000_000


@dataclass(frozen=True)
class Cell:
    """A number in words, with the name under which the script finds it on the page."""

    key: str
    text: str


@dataclass(frozen=True)
class TableRow:
    """A row of a table."""

    label: Text
    cells: list[Cell]


@dataclass(frozen=True)
class Place:
    """A column of a chart, with its name and the numbers that it stands for."""

    key: str
    column: Column
    at: Cell
    good: Cell
    bad: Cell


@dataclass(frozen=True)
class Chart:
    """Columns over time, oldest first."""

    key: str
    title: str
    places: list[Place]

    @property
    def first(self) -> Cell:
        """When its first column begins."""
        return self.places[0].at

    @property
    def last(self) -> Cell:
        """When its last column begins."""
        return self.places[-1].at


@dataclass(frozen=True)
class Numbers:
    """All that the page shows. ``alarms`` are whole sentences."""

    at: str
    alarms: list[str]
    facts: list[TableRow]
    queue: list[TableRow]
    failing: list[TableRow]
    lately: list[TableRow]
    daily: list[TableRow]
    charts: list[Chart]

    def cells(self) -> dict[str, str]:
        """Give every number by its name."""
        rows = [*self.facts, *self.queue, *self.failing, *self.lately, *self.daily]
        cells = [cell for row in rows for cell in row.cells]
        cells += [cell for chart in self.charts for place in chart.places for cell in (place.at, place.good, place.bad)]
        return {"at": self.at} | {cell.key: cell.text for cell in cells}

    def places(self) -> dict[str, dict[str, float]]:
        """Give where each column stands, by its name."""
        return {place.key: asdict(place.column) for chart in self.charts for place in chart.places}

    @property
    def shape(self) -> str:
        """What changes when the page must be made anew: its rows, its charts, its alarms."""
        names = [*sorted(self.cells()), *self.alarms, get_language() or ""]
        return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def numbers(*, now: datetime) -> Numbers:
    """Read how messages go. Eight queries, however many messages there are."""
    minute = now.replace(second=0, microsecond=0)
    hour = minute.replace(minute=0)
    minutes = provider_minutes(since=minute - (MINUTES_SHOWN - 1) * MINUTE)
    hours = provider_hours(since=hour - (HOURS_SHOWN - 1) * HOUR)
    spent = spent_of(provider_sums(since=day_began(now)))
    beats, lines = heartbeats(now=now), queue(now=now)
    return Numbers(
        at=f"{now.astimezone(COPENHAGEN):%H:%M:%S}",
        alarms=_alarms(beats, objection_to_alerts(now=now), spent),
        facts=_facts(lines, beats, spent, sum(given_up(since=now - 24 * HOUR).values()), now=now),
        queue=_queue(lines, now=now),
        failing=_failing(failing(now=now), now=now),
        lately=_sums(minutes, "lately"),
        daily=_sums(hours, "daily"),
        charts=[
            *_charts("minutes", minutes, [minute - back * MINUTE for back in reversed(range(MINUTES_SHOWN))]),
            *_charts("hours", hours, [hour - back * HOUR for back in reversed(range(HOURS_SHOWN))]),
        ],
    )


def age(since: datetime | None, *, now: datetime) -> str:
    """Say how long ago something was, in the unit that fits; nothing for never."""
    if since is None:
        return "–"
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < 120:
        return _("%(number)s s") % {"number": seconds}
    if seconds < 7200:
        return _("%(number)s min") % {"number": seconds // 60}
    return _("%(number)s hours") % {"number": seconds // 3600}


def _alarms(beats: Sequence[HeartbeatLine], objection: str | None, spent: Spent) -> list[str]:
    alarms = [
        _("No heartbeat by %(channel)s was reported to have arrived for 15 minutes. Alerts may not get through.")
        % {"channel": CHANNELS[beat.channel]}
        for beat in beats
        if beat.is_late
    ]
    if objection and not beats:
        alarms.append(_("An alert has been due for 15 minutes and is not sent. See to the workers."))
    match spent.spending:
        case Spending.HIGH:
            alarms.append(_("Text messages have cost more than four fifths of what a day may cost."))
        case Spending.OVER:
            alarms.append(_("Text messages have cost all that a day may cost. Codes to new numbers are refused."))
        case Spending.NORMAL:
            pass
    return alarms


def _facts(
    lines: Sequence[QueueLine], beats: Sequence[HeartbeatLine], spent: Spent, dead: int, *, now: datetime
) -> list[TableRow]:
    oldest = min((line.oldest_due_at for line in lines if line.oldest_due_at), default=None)
    rows = [
        TableRow(_("Waiting"), [Cell("waiting", str(sum(line.waiting for line in lines)))]),
        TableRow(_("The oldest that is due has waited"), [Cell("oldest", age(oldest, now=now))]),
        TableRow(_("Given up in the last 24 hours"), [Cell("given-up", str(dead))]),
        *(
            TableRow(
                _("Last heartbeat by %(channel)s") % {"channel": CHANNELS[beat.channel]},
                [Cell(f"heartbeat-{beat.channel.value}", danish_time(beat.arrived_at) or _("Never"))],
            )
            for beat in beats
        ),
    ]
    cost = f"{spent.cost_micro / MICRO:.2f}"
    if spent.ceiling_micro:
        cost = _("%(cost)s of %(ceiling)s") % {"cost": cost, "ceiling": spent.ceiling_micro // MICRO}
    return [*rows, TableRow(_("Cost of text messages today"), [Cell("cost", cost)])]


def _queue(lines: Sequence[QueueLine], *, now: datetime) -> list[TableRow]:
    found = {(line.priority, line.channel): line for line in lines}
    rows = []
    for priority in Priority:
        for channel in (Channel.SMS, Channel.EMAIL):
            key, line = f"queue-{priority.value}-{channel.value}", found.get((priority, channel))
            values = ["0", "0", "–"]
            if line is not None:
                values = [str(line.waiting), str(line.due), age(line.oldest_due_at, now=now)]
            cells = [Cell(f"{key}-{number}", value) for number, value in enumerate(values)]
            rows.append(TableRow(f"{PRIORITIES[priority]}, {CHANNELS[channel]}", cells))
    return rows


def _failing(lines: Sequence[FailingLine], *, now: datetime) -> list[TableRow]:
    rows = []
    for line in lines:
        values = [str(line.count), age(line.oldest_at, now=now)]
        key = f"failing-{line.channel.value}-{line.failure}"
        cells = [Cell(f"{key}-{number}", value) for number, value in enumerate(values)]
        failure = line.failure or _("No answer")
        rows.append(TableRow(f"{failure}, {CHANNELS[line.channel]}", cells))
    return rows


def _by_provider(found: Iterable[MinuteOfProvider]) -> dict[tuple[str, Channel], list[MinuteOfProvider]]:
    grouped: dict[tuple[str, Channel], list[MinuteOfProvider]] = {}
    for line in found:
        grouped.setdefault((line.provider, line.channel), []).append(line)
    return dict(sorted(grouped.items()))


def _sums(found: Iterable[MinuteOfProvider], name: str) -> list[TableRow]:
    rows = []
    for (provider, channel), lines in _by_provider(found).items():
        yes, no = sum(line.answered_yes for line in lines), sum(line.answered_no for line in lines)
        failed, slow = sum(line.failed for line in lines), sum(line.slow for line in lines)
        answers = yes + no + failed
        share = percent(yes + no, answers)
        took = sum(line.took_ms_sum for line in lines)
        values = [
            str(answers),
            "–" if share is None else f"{share} %",
            str(failed),
            str(slow),
            _("%(number)s ms") % {"number": took // answers} if answers else "–",
            str(sum(line.delivered for line in lines)),
            str(sum(line.undelivered for line in lines)),
        ]
        key = f"{name}-{provider}-{channel.value}"
        cells = [Cell(f"{key}-{number}", value) for number, value in enumerate(values)]
        rows.append(TableRow(f"{provider}, {CHANNELS[channel]}", cells))
    return rows


def _charts(name: str, found: Iterable[MinuteOfProvider], instants: Sequence[datetime]) -> list[Chart]:
    return [
        _chart(f"{name}-{provider}-{channel.value}", _title(name, f"{provider}, {CHANNELS[channel]}"), lines, instants)
        for (provider, channel), lines in _by_provider(found).items()
    ]


def _title(name: str, about: str) -> str:
    if name == "minutes":
        return _("%(provider)s: answers in the last 15 minutes") % {"provider": about}
    return _("%(provider)s: answers in the last 24 hours") % {"provider": about}


def _chart(key: str, title: str, lines: Sequence[MinuteOfProvider], instants: Sequence[datetime]) -> Chart:
    by_instant = {line.minute: (line.answered_yes + line.answered_no, line.failed) for line in lines}
    counts = [by_instant.get(instant, (0, 0)) for instant in instants]
    placed = zip(instants, counts, columns(counts), strict=True)
    return Chart(
        key=key,
        title=title,
        places=[
            Place(
                key=f"{key}-{number}",
                column=column,
                at=Cell(f"{key}-{number}-at", f"{instant.astimezone(COPENHAGEN):%H:%M}"),
                good=Cell(f"{key}-{number}-good", str(good)),
                bad=Cell(f"{key}-{number}-bad", str(bad)),
            )
            for number, (instant, (good, bad), column) in enumerate(placed)
        ],
    )
