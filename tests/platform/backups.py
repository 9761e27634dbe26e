"""The backup command as an operator gives it, with two people's passphrases on its standard input."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from mitid_portal.embedded import postgres
from mitid_portal.embedded.system import CHECKOUT, System

PASSPHRASES = ("correct horse battery", "æble pære banan drue")
RESTORES = "SELECT count(*) FROM audit_auditevent WHERE kind = 'portal.backup_restored'"
SPOIL = """
UPDATE identities_citizen SET name_sealed = set_byte(name_sealed, length(name_sealed) - 1, get_byte(name_sealed,
length(name_sealed) - 1) # 1) WHERE id = (SELECT min(id::text)::uuid FROM identities_citizen)
"""


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


@contextmanager
def spoilt_value(system: System) -> Iterator[None]:
    """Within, one sealed value does not open."""
    execute(system, SPOIL)
    yield
    execute(system, SPOIL)


@contextmanager
def without_a_migration(system: System) -> Iterator[None]:
    """Within, the database looks like one of before the newest migration."""
    ((app, name),) = execute(system, "SELECT app, name FROM django_migrations ORDER BY id DESC LIMIT 1")
    execute(system, f"DELETE FROM django_migrations WHERE app = '{app}' AND name = '{name}'")
    yield
    execute(system, f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{name}', now())")
