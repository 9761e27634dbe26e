"""Folders of systems whose database, keys and demo people were made once for all tests of a run.

To make them takes longer than all else of a start, and is tried by itself (``tests/platform/test_system.py``).
"""

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from mitid_portal.embedded.preparation import Preparation
from mitid_portal.embedded.system import CHECKOUT, System


@contextmanager
def prepared_folder() -> Iterator[Path]:
    """Give a folder to start a system on, of a test's own, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="mitid-system-"))
    folder.chmod(0o755)  # the database's own user passes through
    try:
        prepare(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepare(folder: Path) -> None:
    """Put into ``folder`` what a first start would make there."""
    subprocess.run(["/bin/cp", "--archive", f"{_first()}/.", str(folder)], check=True)
    Preparation(folder, CHECKOUT).note_done()  # it names the files themselves, and these are others


def _first() -> Path:
    """Give the folder that the others are copies of; the first of a run's workers makes it, the others wait."""
    shared = Path(settings.VAR_DIR).parent
    first = shared / "prepared"
    with (shared / "prepared.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not first.exists():
            making = shared / "preparing"
            making.mkdir()
            with System(making):
                """Everything was made, and ends."""
            making.rename(first)
    return first
