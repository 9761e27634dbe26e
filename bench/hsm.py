"""What the keys cost: each operation of the portal beside the same one on the bare module, a second."""

import json
import subprocess
import sys


def run() -> dict[str, float]:
    """Measure in a process of its own: settings and services are read once a process."""
    done = subprocess.run([sys.executable, "-m", "bench._hsm"], check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures
