"""The secrets of an embedded system: made once, at random, and kept where only their owner reads them."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

CACHE_PASSWORD_PREFIX = "embedded-"  # noqa: S105 - by this the system checks know an embedded Valkey


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What opens the embedded parts."""

    secret_key: str = field(repr=False)
    token_pin: str = field(repr=False)
    officer_pin: str = field(repr=False)
    cache_password: str = field(repr=False)


def load_or_make(file: Path) -> Credentials:
    """Give the folder's secrets, made now when there are none.

    Raises: ValueError when the file is there but does not hold them; it is not replaced, for the token that the old
    PIN opens would be lost with it.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return _make(file)
    try:
        return Credentials(**json.loads(text))
    except (TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{file} is damaged; restore it, or remove the whole folder to begin anew.") from error


def _make(file: Path) -> Credentials:
    made = Credentials(
        secret_key=secrets.token_urlsafe(48),
        token_pin=secrets.token_hex(12),
        officer_pin=secrets.token_hex(12),
        cache_password=CACHE_PASSWORD_PREFIX + secrets.token_urlsafe(24),
    )
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(asdict(made), stream)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
    return made
