"""Fixtures of the app's interface."""

from datetime import datetime

import pytest
from django.core.cache import cache

from mitid_portal import clock
from tests.authentication.app_api.phones import a_phone_of
from tests.factories.app_client import PhoneApp
from tests.factories.identities import Resident, a_resident


@pytest.fixture
def now() -> datetime:
    """The views read the clock; so the rows are made by it too."""
    cache.clear()
    return clock.now()


@pytest.fixture
def resident(db, now) -> Resident:
    """A citizen."""
    return a_resident(now=now)


@pytest.fixture
def phone(resident, now) -> PhoneApp:
    """The citizen's app."""
    return a_phone_of(resident, now=now)
