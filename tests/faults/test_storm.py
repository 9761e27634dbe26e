"""Kill -9 of every part at random moments: each alert arrives, once, and none without what it tells of (ALR-4).

Five rounds of a thousand alerts; ``STORM_ROUNDS=100`` plays more, ``STORM_SEED`` plays the same deaths again.
"""

import json
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from notifications.states import OPEN_STATES, TAKEN_STATES
from tests.faults.storm import DRAIN_SECONDS, Part, Storm

pytestmark = pytest.mark.faults
ROUNDS = int(os.environ.get("STORM_ROUNDS", "5"))
ALERTS = 1000
LAST_DEATH_AT = 800  # of a round's alerts, so that the next round's deaths do not all come at once
LONGEST_PAUSE_SECONDS = 0.05  # a death falls into any moment between two alerts
DELIVERIES = "SELECT reference, state, maybe_doubled, attempts FROM notifications_delivery"
EVENTS = "SELECT subject_id FROM audit_auditevent WHERE kind = 'identities.identity_reopened'"
OPEN = f"SELECT count(*) FROM notifications_delivery WHERE state IN {tuple(state.value for state in OPEN_STATES)}"


@pytest.fixture
def storm(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Storm]:
    """All parts run; the seed is in the output of a failure."""
    seed = int(os.environ.get("STORM_SEED", str(random.SystemRandom().randrange(2**32))))
    print(f"STORM_SEED={seed}")
    parts = Storm(tmp_path, random.Random(seed))
    try:
        parts.start()
        yield parts
    finally:
        parts.stop()


def has_handed(storm: Storm, count: int) -> bool:
    return storm.handed() >= count


def play_round(storm: Storm, actor: "subprocess.Popen[str]", first: int) -> None:
    """A thousand acts, and meanwhile each part dies once, in any order, when any number of them has been told."""
    assert actor.stdin is not None
    assert actor.stdout is not None
    begun_at = storm.handed()
    actor.stdin.write(f"{first} {ALERTS}\n")
    actor.stdin.flush()
    moments = sorted(storm.chance.sample(range(LAST_DEATH_AT), len(Part)))
    for part, moment in zip(storm.chance.sample([*Part], len(Part)), moments, strict=True):
        storm.tend_until(partial(has_handed, storm, begun_at + moment), seconds=DRAIN_SECONDS)
        time.sleep(storm.chance.uniform(0.0, LONGEST_PAUSE_SECONDS))
        storm.kill(part)
    answered = actor.stdout
    os.set_blocking(answered.fileno(), False)
    storm.tend_until(lambda: bool(answered.readline()), seconds=DRAIN_SECONDS)


def acts(storm: Storm) -> tuple[dict[UUID, str], set[UUID]]:
    """What was tried, with the number that it was to be told to; and what is known to have been committed."""
    tried, committed = {}, set()
    for line in storm.acts_journal.read_text(encoding="utf-8").splitlines():
        match line.split():
            case ["try", reference, to]:
                tried[UUID(reference)] = to
            case ["ok", reference]:
                committed.add(UUID(reference))
    return tried, committed


def handed(storm: Storm) -> Counter[str]:
    """How many copies the provider said yes to, by number."""
    lines = storm.provider_journal.read_text(encoding="utf-8").splitlines()
    return Counter(json.loads(line)["to"] for line in lines)


def test_every_alert_arrives_though_every_part_is_killed(storm):
    with storm.actor() as actor:
        for number in range(ROUNDS):
            play_round(storm, actor, number * ALERTS)
        actor.stdin.close()

    def is_quiet() -> bool:
        if not storm.is_running(Part.DATABASE):  # its last death may be later than the last act
            return False
        storm.wait_for_database()
        return bool(storm.rows(OPEN) == [(0,)])

    storm.tend_until(is_quiet, seconds=DRAIN_SECONDS)
    tried, committed = acts(storm)
    events = {reference for (reference,) in storm.rows(EVENTS)}
    deliveries = {reference: row for reference, *row in storm.rows(DELIVERIES)}
    copies = handed(storm)
    assert storm.kills == dict.fromkeys(Part, ROUNDS)
    assert len(committed) == ROUNDS * ALERTS
    assert committed <= events <= set(tried)
    assert set(deliveries) == events, "an event without a delivery, or a delivery without an event"
    assert {state for state, _doubled, _attempts in deliveries.values()} <= {state.value for state in TAKEN_STATES}
    assert set(copies) == {tried[reference] for reference in events}, "an alert that nobody got, or that nothing tells"
    uncounted = {
        reference: copies[tried[reference]]
        for reference, (_state, doubled, _attempts) in deliveries.items()
        if copies[tried[reference]] > 1 + doubled
    }
    assert uncounted == {}, "copies that are not counted"
    again = sum(attempts > 1 for _state, _doubled, attempts in deliveries.values())
    doubled = sum(count - 1 for count in copies.values())
    print(f"{len(events)} alerts, {again} tried more than once, {doubled} sent twice; {dict(storm.kills)}")
