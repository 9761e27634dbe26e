"""The process that ``bench.audit`` starts: its own durable database and token, figures as JSON on standard output.

Writers and the sealer are processes of their own, as web's and the worker's are. The database keeps its promises
(fsync, synchronous commit); each row is keyed, noted in the journal, and sealed with both signatures meanwhile.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

SECONDS: Final = 8.0
WRITERS: Final = 8
ROWS_AN_ACT: Final = 3
VERIFIED_ROWS: Final = 500_000
SEAL_EVERY_SECONDS: Final = 1.0


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory(prefix="mitid-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        start_services(folder)
        figures = {
            "append_rows_per_s": round(appended(rows_an_act=ROWS_AN_ACT)),
            "append_rows_per_s_single": round(appended(rows_an_act=1)),
            "verify_rows_per_s": round(verified()),
        }
    print(json.dumps(figures))


def start_services(folder: Path) -> None:
    """Database and token run, and the settings point to them."""
    import tests.services  # noqa: F401, PLC0415 - sets what the settings read; its own database stays unused
    from mitid_portal.embedded import postgres  # noqa: PLC0415 - as above

    os.environ.update(
        DJANGO_SETTINGS_MODULE="mitid_portal.settings",
        DATABASE_URL=postgres.start(folder / "postgres", is_durable=True),
        AUDIT_HEADS_FILE=str(folder / "heads.jsonl"),
        AUDIT_TAIL_DIR=str(folder / "tail"),
    )
    set_up()
    from django.core.management import call_command  # noqa: PLC0415 - after set_up

    from hsm import api as hsm  # noqa: PLC0415 - as above

    call_command("migrate", verbosity=0)
    hsm.provision()


def set_up() -> None:
    """Django is ready, in this process or a writer's."""
    import django  # noqa: PLC0415 - the settings come first

    django.setup()


def appended(*, rows_an_act: int) -> float:
    """Let the writers write and the sealer seal.

    Returns: rows a second, of all writers together.
    """
    children = [started("write", str(rows_an_act)) for _ in range(WRITERS)]
    sealer = started("seal")
    everyone = [*children, sealer]
    for child in everyone:
        told(child, "ready")
    for child in everyone:
        tell(child)
    rows = sum(int(finished(child)) for child in children)
    sealed = int(finished(sealer))
    if not 0.5 * rows <= sealed:
        raise SystemExit(f"Of {rows} rows only {sealed} were sealed while the writers wrote.")
    return rows / SECONDS


def write(rows_an_act: int) -> int:
    """Record acts until the time is over.

    Returns: how many rows were committed.
    """
    from django.db import transaction  # noqa: PLC0415 - after set_up

    from audit.api import Actor, EventKind, record  # noqa: PLC0415 - as above

    subject = UUID(int=os.getpid())
    actor = Actor.citizen(subject)
    rows = 0

    def act() -> None:
        with transaction.atomic(durable=True):
            for turn in range(rows_an_act):
                record(
                    kind=EventKind.LOGIN_SUCCEEDED,
                    actor=actor,
                    subject_id=subject,
                    at=datetime.now(UTC),
                    facts={"level": "SUBSTANTIAL", "turn": turn, "login_id": subject},
                )

    act()
    wait_for_the_word()
    until = time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        act()
        rows += rows_an_act
    return rows


def seal() -> int:
    """Seal until the time is over.

    Returns: how many rows were sealed.
    """
    from audit.usecases.seal import seal_log  # noqa: PLC0415 - after set_up

    seal_log(now=datetime.now(UTC))
    wait_for_the_word()
    until = time.perf_counter() + SECONDS
    rows = 0
    while time.perf_counter() < until:
        time.sleep(SEAL_EVERY_SECONDS)
        rows += seal_log(now=datetime.now(UTC)).rows
    return rows


def verified() -> float:
    """Fill the log up and verify the whole of it.

    Returns: rows a second.
    Raises:  SystemExit when verification finds anything: a figure over a broken log means nothing.
    """
    from audit.usecases.seal import seal_log  # noqa: PLC0415 - after set_up
    from audit.usecases.verify import verify_log  # noqa: PLC0415 - as above

    fill()
    while seal_log(now=datetime.now(UTC)).rows:
        pass
    begun = time.perf_counter()
    verification = verify_log(now=datetime.now(UTC))
    seconds = time.perf_counter() - begun
    if verification.findings or verification.rows < VERIFIED_ROWS:
        raise SystemExit(f"{verification.rows} rows, findings: {verification.findings[:3]}")
    return verification.rows / seconds


def fill() -> None:
    """The log holds at least ``VERIFIED_ROWS`` rows, keyed as ``record`` keys them, copied in for speed."""
    from django.db import connection  # noqa: PLC0415 - after set_up

    from audit.api import Actor, EventKind  # noqa: PLC0415 - as above
    from audit.rules import row_message  # noqa: PLC0415 - as above
    from audit.sealer import sealer  # noqa: PLC0415 - as above

    subject, kind = UUID(int=7), EventKind.LOGIN_SUCCEEDED
    actor = Actor.citizen(subject)
    facts: dict[str, str | int | bool | None] = {"level": "SUBSTANTIAL", "turn": 1, "login_id": str(subject)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_auditevent")
        count = max(0, VERIFIED_ROWS - int(cursor.fetchone()[0]))
        cursor.execute("SELECT nextval('audit_auditevent_id_seq') FROM generate_series(1, %s)", [count])
        ids = [row_id for (row_id,) in cursor.fetchall()]
        columns = "id, at, kind, actor_kind, actor_id, subject_id, facts, mac"
        rows = []
        for row_id in ids:  # before the copying: the keys may have to be read over the same connection
            at = datetime.now(UTC)
            message = row_message(row_id=row_id, at=at, kind=kind, actor=actor, subject_id=subject, facts=facts)
            rows.append((row_id, at, kind, actor.kind, actor.id, subject, json.dumps(facts), sealer().row_mac(message)))
        with cursor.copy(f"COPY audit_auditevent ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("ANALYZE audit_auditevent")


def started(*arguments: str) -> "subprocess.Popen[str]":
    """Start this module as a writer or as the sealer."""
    return subprocess.Popen(
        [sys.executable, "-m", "bench._audit", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def told(child: "subprocess.Popen[str]", word: str) -> None:
    """Wait until a child says a word."""
    if child.stdout is None or child.stdout.readline().strip() != word:
        raise SystemExit(f"A child did not get {word}.")


def tell(child: "subprocess.Popen[str]") -> None:
    """Let a child begin."""
    if child.stdin is not None:
        child.stdin.write("go\n")
        child.stdin.flush()


def finished(child: "subprocess.Popen[str]") -> str:
    """Give the last that a child says."""
    out, _ = child.communicate()
    if child.returncode != 0:
        raise SystemExit("A child failed.")
    return out.strip()


def wait_for_the_word() -> None:
    """All children begin together."""
    print("ready", flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["write", count]:
            set_up()
            print(write(int(count)))
        case ["seal"]:
            set_up()
            print(seal())
        case _:
            main()
