"""Somebody at the desk, and somebody before it."""

import pytest

from tests.factories.registration import a_clerk, plain_people


@pytest.fixture
def clerk(now):
    return a_clerk(now=now)


@pytest.fixture
def person():
    return plain_people()[0]
