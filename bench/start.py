"""How long the whole system takes to come up: on an empty folder, and on one that has been used."""

import tempfile
import time
from pathlib import Path

from mitid_portal.embedded.system import System


def run() -> dict[str, float]:
    """Start twice on one folder."""
    with tempfile.TemporaryDirectory(prefix="mitid-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        system = System(folder)
        figures = {}
        for figure in ("first_start_seconds", "second_start_seconds"):
            begun = time.monotonic()
            with system:
                figures[figure] = round(time.monotonic() - begun, 2)
        return figures
