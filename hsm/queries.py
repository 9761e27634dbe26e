"""Which versions of which keys there are."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from hsm.models import Custodian, DataKey, KeyVersion
from hsm.states import DATA_KEY, READABLE, SIGNING, KeyName, KeyState


@dataclass(frozen=True)
class KnownVersion:
    """A version that still opens and verifies."""

    version: int
    state: KeyState
    algorithm: str
    public_key: bytes | None = None
    wrapped_private: bytes | None = None
    wrapped_by_version: int | None = None


@dataclass(frozen=True)
class KnownDataKey:
    """A data key that still opens, as it lies in the database."""

    version: int
    state: KeyState
    wrapped: bytes
    wrapped_by_version: int


def _any(_row: object) -> bool:
    return True


def readable_versions(is_genuine: Callable[[KeyVersion], bool] = _any) -> dict[KeyName, list[KnownVersion]]:
    """Give every readable version of every key, the newest first; rows that are not genuine are left out.

    A pair stays readable once it is destroyed: nobody signs with it any more, and what it signed is verified with
    the public half.
    """
    known: dict[KeyName, list[KnownVersion]] = {name: [] for name in KeyName}
    is_readable = Q(state__in=READABLE) | Q(name__in=SIGNING)
    rows = KeyVersion.objects.filter(is_readable).select_related("wrapped_by").order_by("name", "-version")
    for row in rows:
        if is_genuine(row):
            known[KeyName(row.name)].append(_known(row))
    return known


def readable_data_keys(is_genuine: Callable[[DataKey], bool] = _any) -> list[KnownDataKey]:
    """Give every readable data key, the newest first; rows that are not genuine are left out."""
    rows = DataKey.objects.filter(state__in=READABLE).select_related("wrapped_by").order_by("-version")
    return [
        KnownDataKey(row.version, KeyState(row.state), bytes(row.wrapped), row.wrapped_by.version)
        for row in rows
        if is_genuine(row)
    ]


def _known(row: KeyVersion) -> KnownVersion:
    return KnownVersion(
        row.version,
        KeyState(row.state),
        row.algorithm,
        None if row.public_key is None else bytes(row.public_key),
        None if row.wrapped_private is None else bytes(row.wrapped_private),
        None if row.wrapped_by is None else row.wrapped_by.version,
    )


def versions_of(name: str) -> QuerySet[KeyVersion] | QuerySet[DataKey]:
    """Give the rows of a key's versions, or of the data keys: both have version, state, since and created_at."""
    if name == DATA_KEY:
        return DataKey.objects.all()
    return KeyVersion.objects.filter(name=name)


def has_custodians() -> bool:
    """Tell whether the keys were founded by custodians."""
    return Custodian.objects.exists()


def sees_other_sessions() -> bool:
    """Tell whether our role may see what other roles' sessions do; who may not sees no transaction of theirs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')")
        return bool(cursor.fetchone()[0])


def has_open_transaction_since(instant: datetime) -> bool:
    """Tell whether another transaction with this database has been open since before an instant.

    To be believed only where ``sees_other_sessions``.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND xact_start <= %s"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend')",
            [instant],
        )
        return bool(cursor.fetchone()[0])
