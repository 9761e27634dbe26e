"""Demo mode for the tests that want it."""

from pathlib import Path

import pytest
from pytest_django import Settings

from mitid_portal import urls as real_urls


@pytest.fixture
def demo_mode(settings: Settings, tmp_path: Path) -> None:
    """Settings as in demo mode, with a clock of the test's own."""
    assert real_urls.urlpatterns, "read before DEMO is on, so that they are those without a demo"
    settings.DEMO = True
    settings.ROOT_URLCONF = "tests.demo.urls"
    settings.DEMO_CLOCK_FILE = str(tmp_path / "clock-offset")
