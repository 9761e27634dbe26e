"""A pytest plugin that starts PostgreSQL, Valkey and SoftHSM before Django's settings are read.

Loaded with ``-p`` so that it comes before pytest-django. Workers of pytest-xdist inherit the environment of the
process that started the services; each takes a database, a token, a Valkey number and a ``VAR_DIR`` of its own: keys
are recorded in one database, and no other may find them; and nobody waits for another's lock on the module.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from mitid_portal.embedded import postgres, softhsm, valkey


def _start() -> None:
    folder = Path(tempfile.mkdtemp(prefix="mitid-test-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = valkey.start(folder / "valkey")
    os.environ.update(
        _token(folder / "softhsm"),
        TESTING="1",
        DEMO="0",
        SECRET_KEY="only-for-tests-" + "0123456789" * 4,
        ALLOWED_HOSTS="testserver,127.0.0.1,localhost",
        PUBLIC_ADDRESS="http://127.0.0.1:8000",
        DATABASE_URL=postgres.start(folder / "postgres", is_durable=False),
        REDIS_URL=f"redis://127.0.0.1:{server.port}/0",
        VAR_DIR=str(folder / "var"),
        ALLOW_SOFT_HSM="1",
        KEYRING_SECONDS="3600",  # a renewed reading would be counted among a page's queries
        SMS_TRANSPORTS="notifications.transports.local.LocalSms",
        EMAIL_TRANSPORT="notifications.transports.local.LocalEmail",
        CIVIL_REGISTER="registration.registers.fixture.FixtureCivilRegister",
        DOCUMENT_REGISTER="registration.registers.fixture.FixtureDocumentRegister",
        LOG_LEVEL="WARNING",
    )


def _token(folder: Path) -> dict[str, str]:
    return softhsm.start(folder, label="test", user_pin="123456", officer_pin="12345678")


worker = os.environ.get("PYTEST_XDIST_WORKER")
if worker is None:
    _start()
else:
    address, _, _ = os.environ["REDIS_URL"].rpartition("/")
    os.environ["REDIS_URL"] = f"{address}/{1 + int(worker.removeprefix('gw'))}"
    folder = Path(os.environ["VAR_DIR"]).parent
    os.environ.update(_token(folder / f"softhsm-{worker}"), VAR_DIR=str(folder / f"var-{worker}"))
