"""A whole system of the tests' own."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mitid_portal.embedded.system import System
from tests.prepared import prepared_folder


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """An empty folder that the database's own user may pass through, which pytest's folders forbid."""
    made = Path(tempfile.mkdtemp(prefix="mitid-platform-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    """A running system, all of it."""
    with prepared_folder() as prepared, System(prepared) as running:
        yield running
