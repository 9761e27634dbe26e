"""A whole demo system and a Chromium for the journeys."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from mitid_portal.demo.walkthrough.demo_side import DemoSide
from mitid_portal.embedded.system import System
from tests.browser.harness import chromium
from tests.browser.phone import Desk
from tests.prepared import prepared_folder


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """Database, cache, keys, web, worker and beat, with the demo's people, on a folder of their own."""
    with prepared_folder() as folder, System(folder) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def desk(system: System) -> Iterator[Desk]:
    """Citizen Service."""
    opened = Desk(system)
    yield opened
    opened.close()


@pytest.fixture
def demo(system: System) -> Iterator[DemoSide]:
    """What the demo's people have in their hands."""
    side = DemoSide(system.address)
    yield side
    side.close()
