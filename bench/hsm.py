"""What the keys cost: each operation beside the bare module's, a second, in one process and in two."""

import json
import subprocess
import sys


def run() -> dict[str, float]:
    """Measure in a process of its own: settings and services are read once a process."""
    done = subprocess.run([sys.executable, "-m", "bench._hsm"], check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
