"""The module's word for what the database says of keys and custodians.

Public halves, states and custodians lie in tables; who can write there could else put a pair of their own among the
log's, or bring a retired key back. So each such row carries a keyed hash that only the module can make. What lies
wrapped is not in it: the wrapping proves itself.
"""

import hmac
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db.models import Model, QuerySet

from hsm.algorithms import algorithms
from hsm.algorithms.base import ModuleAlgorithm
from hsm.models import Custodian, DataKey, KeyVersion
from hsm.rules import MAC_BYTES, context, key_label, split_version, versioned
from hsm.states import DATA_KEY, READABLE, SECRET_KIND_OF, KeyName, KeyState
from hsm.token import keys, operations

Row = KeyVersion | DataKey | Custodian
Field = str | int | bytes | memoryview | datetime | None
Vouched = frozenset[tuple[bytes, bytes]]
"""Messages with the keyed hashes that the module gave for them."""

_RANK: Final = {KeyState.ACTIVE: 2, KeyState.VERIFY_ONLY: 1, KeyState.NEXT: 0}


def vouch(row: Row) -> None:
    """The row, not saved here, carries the module's word for what it says.

    Rule:   KEY-1.
    Raises: HsmUnavailable.
    """
    row.voucher = _made(vouching_version(row), row_message(row))


def vouching_version(row: Row | None = None) -> int:
    """Give the version of ``verifier`` that vouches for rows: the active one, or else the newest that was active.

    The first version of all vouches for itself.
    """
    rows = KeyVersion.objects.filter(name=KeyName.VERIFIER, state__in=READABLE)
    found = max(rows, key=lambda known: (_RANK[KeyState(known.state)], known.version), default=None)
    if found is not None:
        return found.version
    return row.version if isinstance(row, KeyVersion) and row.name == KeyName.VERIFIER else 1


def row_message(row: Row) -> bytes:
    """Encode what the module vouches for, so that two different rows never give the same bytes.

    Bytes: the kind of row, then each field behind its length.
    """
    kind, fields = _told_by(row)
    return context("row", kind) + b"".join(_field(value) for value in fields)


class Vouchers:
    """Tells which rows are as the module vouched for them; what it said once of a row need not be asked again."""

    def __init__(self, known: Vouched = frozenset()) -> None:
        """Begin with what is known."""
        self._known = known
        self._seen: set[tuple[bytes, bytes]] = set()
        self._held: frozenset[str] | None = None

    @property
    def seen(self) -> Vouched:
        """What was asked after and found right."""
        return frozenset(self._seen)

    def hold_for(self, row: Row) -> bool:
        """Tell whether a row is as the module vouched for it.

        Raises: HsmUnavailable.
        """
        place = (row_message(row), bytes(row.voucher))
        is_right = place in self._known or (self._is_right(*place) and _is_fit(row))
        if is_right:
            self._seen.add(place)
        return is_right

    def _is_right(self, message: bytes, voucher: bytes) -> bool:
        if len(voucher) != MAC_BYTES:
            return False
        version, _ = split_version(voucher)
        if self._held is None:
            self._held = keys.labels()
        # The version is the row's own claim: one that the token does not hold is a wrong row, and no lost module.
        if key_label(KeyName.VERIFIER, version) not in self._held:
            return False
        return hmac.compare_digest(_made(version, message), voucher)


def changed_rows(rows: Iterable[Row]) -> list[Row]:
    """Give the rows that are not as the module vouched for them.

    Raises: HsmUnavailable.
    """
    vouchers = Vouchers()
    return [row for row in rows if not vouchers.hold_for(row)]


def all_rows() -> list[Row]:
    """Give every row that the module vouches for."""
    return [
        *KeyVersion.objects.order_by("name", "version"),
        *DataKey.objects.order_by("version"),
        *Custodian.objects.order_by("label"),
    ]


def renew_vouchers() -> tuple[Counter[str], list[Row]]:
    """Have every row vouched for under the active version of ``verifier``.

    Rule:    KEY-3.
    Returns: how many were renewed by column, and the rows that were changed, which stay as they are: a wrong row is
             not made right by renewing it.
    Raises:  HsmUnavailable.
    Writes:  KeyVersion, DataKey, Custodian.
    """
    active, vouchers = vouching_version(), Vouchers()
    renewed: Counter[str] = Counter()
    wrong = []
    for row in all_rows():
        if not vouchers.hold_for(row):
            wrong.append(row)
        elif split_version(bytes(row.voucher))[0] != active:
            renewed[column_of(row)] += _put_unless_changed(row, _made(active, row_message(row)))
    return renewed, wrong


def name_of(row: Row) -> str:
    """Name a row as operators know it."""
    match row:
        case KeyVersion():
            return key_label(row.name, row.version)
        case DataKey():
            return key_label(DATA_KEY, row.version)
        case Custodian():
            return f"custodian {row.label}"


def column_of(row: Row) -> str:
    """Name the column as reports do."""
    return f"hsm.{type(row).__name__}.voucher"


def names_of(rows: Iterable[Row]) -> tuple[str, ...]:
    """Name rows."""
    return tuple(name_of(row) for row in rows)


def _told_by(row: Row) -> tuple[str, list[Field]]:
    match row:
        case KeyVersion():
            return "key-version", [row.name, row.version, row.algorithm, row.public_key, row.state, row.since]
        case DataKey():
            return "data-key", [row.version, row.state, row.since]
        case Custodian():
            fields: list[Field] = [row.id.hex, row.label, row.public_key, row.state]
            return "custodian", [*fields, row.enrolled_at, row.dismissed_at]


def _put_unless_changed(row: Row, voucher: bytes) -> int:
    # A ceremony may be at work: what it vouched for anew is not written over.
    rows: QuerySet[Model] = QuerySet(type(row))
    return rows.filter(pk=row.pk, voucher=row.voucher).update(voucher=voucher)


def _made(version: int, message: bytes) -> bytes:
    return versioned(version, operations.hmac_sha256(key_label(KeyName.VERIFIER, version), message))


def _is_fit(row: Row) -> bool:
    """Tell whether the key of a row, where the token holds one, was made in the module and never left it."""
    if not isinstance(row, KeyVersion) or row.state == KeyState.DESTROYED:
        return True
    found = algorithms.get(row.algorithm)
    kind = SECRET_KIND_OF.get(KeyName(row.name)) or (found.kind if isinstance(found, ModuleAlgorithm) else None)
    return kind is None or keys.is_fit(key_label(row.name, row.version), kind)


def _field(value: Field) -> bytes:
    match value:
        case None:
            return b"\xff\xff"
        case bytes() | memoryview():
            encoded = bytes(value)
        case datetime():
            encoded = str(round(value.timestamp() * 1_000_000)).encode()
        case _:
            encoded = str(value).encode()
    return len(encoded).to_bytes(2, "big") + encoded
