"""A citizen, and a clock that can be moved ahead."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from mitid_portal import clock
from tests.factories.identities import Resident, a_resident


@pytest.fixture
def resident(db: None, now: datetime) -> Resident:
    """A citizen with an active identity, at the fixed instant."""
    return a_resident(now=now)


@pytest.fixture
def travel(settings: Any, tmp_path: Path) -> Callable[[timedelta], datetime]:
    """Move the clock that pages read, as the demo's "skip one hour" does; gives the new time."""
    settings.DEMO_CLOCK_FILE = str(tmp_path / "clock-offset")
    settings.DEMO = True
    cache.clear()

    def ahead(by: timedelta = timedelta()) -> datetime:
        clock.move_demo_clock(by)
        return clock.now()

    return ahead


@pytest.fixture
def citizen(db: None, travel: Callable[[timedelta], datetime]) -> Resident:
    """A citizen with an active identity, at the time that the pages have."""
    return a_resident(now=clock.now())


@pytest.fixture
def browser() -> Client:
    """A browser that reads English and sends the forms' tokens."""
    return Client(headers={"accept-language": "en"})
