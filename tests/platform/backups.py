"""The backup command as an operator gives it, with two people's passphrases on its standard input."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from mitid_portal.embedded import postgres
from mitid_portal.embedded.system import CHECKOUT, System

PASSPHRASES = ("correct horse battery", "æble pære banan drue")


def fingerprints_of(folder: Path) -> list[str]:
    """Name the keys that sign, as people have them on paper."""
    keys = json.loads((folder / "manifest.json").read_text())["keys"]
    signing = [key for key in keys if key["name"] in {"log-seal", "log-seal-pq"} and key["state"] == "active"]
    return [word for key in signing for word in ("--fingerprint", key["check"])]


def backup(system: System, *words: str, passphrases: tuple[str, str] = PASSPHRASES) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py backup`` in a system's environment."""
    if words[0] == "restore" and "--fingerprint" not in words:
        words = (*words, *fingerprints_of(Path(words[words.index("--from") + 1])))
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


def execute(system: System, sql: str) -> list[tuple[Any, ...]]:
    """Do something with a system's database, past the portal; give the rows, if it has some."""
    with psycopg.connect(
        host=str(postgres.socket_folder(system.folder / "postgres")),
        port=postgres.PORT,
        user=postgres.OWNER,
        dbname="postgres",
        connect_timeout=5,
    ) as session:
        done = session.execute(sql.encode())
        return done.fetchall() if done.description else []
