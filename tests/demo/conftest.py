"""Demo mode for the tests that want it."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def demo_mode(settings: Settings, tmp_path: Path) -> None:
    """Settings as in demo mode, with a clock of the test's own."""
    settings.DEMO = True
    settings.ROOT_URLCONF = "tests.demo.urls"
    settings.DEMO_CLOCK_FILE = str(tmp_path / "clock-offset")
