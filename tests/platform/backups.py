"""The backup command as an operator gives it, with two people's passphrases on its standard input."""

import subprocess
import sys

from mitid_portal.embedded.system import CHECKOUT, System

PASSPHRASES = ("correct horse battery", "æble pære banan drue")


def backup(system: System, *words: str, passphrases: tuple[str, str] = PASSPHRASES) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py backup`` in a system's environment."""
    asks = [] if words[0] == "prove" else ["--passphrases-from-stdin"]
    return subprocess.run(
        [sys.executable, "manage.py", "backup", *words, *asks],
        cwd=CHECKOUT,
        env=system.environment | {"PYTHONIOENCODING": "utf-8"},
        input="\n".join(passphrases) + "\n",
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
