"""What the log costs: events added by eight writers while it is sealed, and verified, a second."""

import json
import subprocess
import sys


def run() -> dict[str, float]:
    """Measure in a process of its own: settings and services are read once a process."""
    done = subprocess.run([sys.executable, "-m", "bench._audit"], check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
