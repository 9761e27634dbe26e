"""Keys that lie in the database under ``data-wrap``: moved to its active version, and proven to open."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hsm.algorithms.base import private_context
from hsm.errors import SealBroken
from hsm.models import DataKey, KeyVersion
from hsm.opening import data_key_context
from hsm.protected_rows import Finding
from hsm.rules import key_label
from hsm.states import KeyName, KeyState
from hsm.token.rewrapping import decrypted, reencrypt

DATA_KEYS = "hsm.DataKey.wrapped"
PRIVATE_HALVES = "hsm.KeyVersion.wrapped_private"


@dataclass(frozen=True)
class WrappedKey:
    """A key as it lies in the database; ``put`` writes another wrapping of it unless somebody else did."""

    column: str
    name: str
    wrapped: bytes
    wrapped_by: KeyVersion
    context: bytes
    put: Callable[[bytes, KeyVersion], int]

    @property
    def wrapper(self) -> str:
        """The label of the key that encrypted it."""
        return key_label(KeyName.DATA_WRAP, self.wrapped_by.version)


def rewrap_keys() -> tuple[Counter[str], list[Finding]]:
    """Move every wrapped key to the active version of ``data-wrap``.

    Rule:    KEY-1, KEY-3.
    Returns: how many were moved, and which do not open.
    Raises:  HsmUnavailable.
    Writes:  DataKey, KeyVersion.
    """
    moved: Counter[str] = Counter()
    findings = []
    active = KeyVersion.objects.get(name=KeyName.DATA_WRAP, state=KeyState.ACTIVE)
    for key in wrapped_keys():
        if key.wrapped_by == active:
            continue
        try:
            again = reencrypt(
                key.wrapper, key_label(KeyName.DATA_WRAP, active.version), key.wrapped, context=key.context
            )
        except SealBroken:
            findings.append(Finding(key.column, key.name))
            continue
        moved[key.column] += key.put(again, active)
    return moved, findings


def opens(key: WrappedKey) -> bool:
    """Tell whether the module still opens a wrapped key. Raises: HsmUnavailable."""
    try:
        decrypted(key.wrapper, key.wrapped, context=key.context)
    except SealBroken:
        return False
    return True


def wrapped_keys() -> Iterator[WrappedKey]:
    """Give every key that lies wrapped."""
    data_keys = DataKey.objects.exclude(state=KeyState.DESTROYED).select_related("wrapped_by").order_by("version")
    pairs = KeyVersion.objects.filter(wrapped_private__isnull=False).select_related("wrapped_by")
    rows: list[DataKey | KeyVersion] = [*data_keys, *pairs.order_by("name", "version")]
    for row in rows:
        key = wrapped_key(row)
        if key is not None:
            yield key


def wrapped_key(row: DataKey | KeyVersion) -> WrappedKey | None:
    """Give how a version lies wrapped; ``None`` when the module holds it."""
    if isinstance(row, DataKey):
        context, name = data_key_context(row.version), str(row.version)
        return WrappedKey(DATA_KEYS, name, bytes(row.wrapped), row.wrapped_by, context, _put_data_key(row))
    if row.wrapped_private is None or row.wrapped_by is None:
        return None
    label = key_label(row.name, row.version)
    context = private_context(label, row.algorithm)
    return WrappedKey(PRIVATE_HALVES, label, bytes(row.wrapped_private), row.wrapped_by, context, _put_private(row))


def _put_data_key(row: DataKey) -> Callable[[bytes, KeyVersion], int]:
    unchanged = DataKey.objects.filter(pk=row.pk, wrapped=row.wrapped)
    return lambda wrapped, by: unchanged.update(wrapped=wrapped, wrapped_by=by)


def _put_private(row: KeyVersion) -> Callable[[bytes, KeyVersion], int]:
    unchanged = KeyVersion.objects.filter(pk=row.pk, wrapped_private=row.wrapped_private)
    return lambda wrapped, by: unchanged.update(wrapped_private=wrapped, wrapped_by=by)
