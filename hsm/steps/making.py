"""Making versions of keys, in the transaction of the act that records them."""

from datetime import datetime
from typing import Final, TypeVar

from django.db.models import Max

from hsm.algorithms import algorithm, algorithms
from hsm.errors import HsmUnavailable, KeyIsThere
from hsm.models import DataKey, KeyVersion
from hsm.opening import data_key_context
from hsm.queries import versions_of
from hsm.rules import key_label
from hsm.states import DATA_KEY, DATA_KEY_ALGORITHM, FIRST_ALGORITHM, SECRET_KIND_OF, SIGNING, KeyName, KeyState
from hsm.token import keys, operations
from hsm.vouching import vouch

Made = TypeVar("Made", KeyVersion, DataKey)

_FIRST: Final = (KeyName.VERIFIER, KeyName.DATA_WRAP)
MAKING_ORDER: Final = (*_FIRST, *(name for name in KeyName if name not in _FIRST))
"""What vouches for the others comes first, then what they are wrapped with."""


def ensure_first_versions() -> None:
    """Have a first version of every key and of the data key, in the caller's transaction.

    Raises: HsmUnavailable when the module is away or has lost a recorded key; KeyIsThere when the token holds one
            of our names that nobody recorded.
    Writes: KeyVersion, DataKey.
    """
    _refuse_unrecorded()
    for name in MAKING_ORDER:
        _ensure_key(name)
    if not DataKey.objects.exists():
        make_data_key(1, state=KeyState.ACTIVE)


def _refuse_unrecorded() -> None:
    recorded = {key_label(name, version) for name, version in KeyVersion.objects.values_list("name", "version")}
    unknown = sorted(label for label in keys.labels() - recorded if label.rpartition(".")[0] in set(KeyName))
    first = {key_label(name, 1) for name in KeyName}
    if unknown and (first - recorded):
        raise KeyIsThere(
            f"The token holds keys that nobody recorded: {', '.join(unknown)}. Whoever put them there may know them. "
            "Initialise the token anew, or find the database that belongs to it."
        )


def _ensure_key(name: KeyName) -> None:
    recorded = KeyVersion.objects.filter(name=name).exclude(state=KeyState.DESTROYED)
    for row in recorded:
        if not is_held(name, row.version, row.algorithm):
            raise HsmUnavailable("The token does not hold a key that is recorded.")
    if not recorded:
        make_version(name, 1, FIRST_ALGORITHM[name], state=KeyState.ACTIVE)


def make_version(
    name: KeyName, version: int, algorithm_name: str, *, state: KeyState, at: datetime | None = None
) -> KeyVersion:
    """Have a version of a key in the token, and record it.

    The token first: a row without its key would be used and fail. What stays behind of a crash between the two is
    a key that nobody knows (docs/decisions/0077).

    Raises: HsmUnavailable; UnknownAlgorithm.
    Writes: KeyVersion.
    """
    label = key_label(name, version)
    row = KeyVersion(name=name, version=version, algorithm=algorithm_name, state=state, **_times(at))
    if name in SIGNING:
        wrapper = _active_wrapper()
        made = algorithm(algorithm_name).make(label, wrapper=key_label(KeyName.DATA_WRAP, wrapper.version))
        row.public_key = made.public_key
        if made.wrapped_private is not None:
            row.wrapped_private, row.wrapped_by = made.wrapped_private, wrapper
    else:
        keys.make(label, SECRET_KIND_OF[name])
    return _vouched(row)


def make_data_key(version: int, *, state: KeyState, at: datetime | None = None) -> DataKey:
    """Draw a data key and record it wrapped.

    Raises: HsmUnavailable.
    Writes: DataKey.
    """
    wrapper = _active_wrapper()
    label = key_label(KeyName.DATA_WRAP, wrapper.version)
    wrapped = operations.encrypt(label, operations.random_bytes(32), context=data_key_context(version))
    return _vouched(DataKey(version=version, state=state, wrapped=wrapped, wrapped_by=wrapper, **_times(at)))


def is_held(name: KeyName, version: int, algorithm_name: str) -> bool:
    """Tell whether the token holds what it must of a version; nothing, for a pair that is kept wrapped.

    Raises: HsmUnavailable; UnknownAlgorithm.
    """
    label = key_label(name, version)
    if name not in SIGNING:
        return keys.is_present(label, SECRET_KIND_OF[name])
    made_by = algorithm(algorithm_name)
    return not made_by.is_in_token or made_by.is_held(label)


def _vouched(row: Made) -> Made:
    row.save(force_insert=True)  # the database may have set its times
    vouch(row)
    row.save(update_fields=["voucher"])
    return row


def move_to(row: KeyVersion | DataKey, state: KeyState, *, at: datetime) -> None:
    """A version has come into a state, and the module vouches for that.

    Raises: HsmUnavailable.
    Writes: KeyVersion or DataKey.
    """
    row.state, row.since = state, at
    names = ["state", "since"]
    if state is KeyState.DESTROYED:
        names += _emptied(row)
    row.save(update_fields=names)  # first: which version vouches may change with it
    vouch(row)
    row.save(update_fields=["voucher"])


def _emptied(row: KeyVersion | DataKey) -> list[str]:
    if isinstance(row, DataKey):
        row.wrapped = b""
        return ["wrapped"]
    row.wrapped_private = row.wrapped_by = None
    return ["wrapped_private", "wrapped_by"]


def _active_wrapper() -> KeyVersion:
    wrapper = KeyVersion.objects.filter(name=KeyName.DATA_WRAP, state=KeyState.ACTIVE).first()
    if wrapper is None:
        raise HsmUnavailable("data-wrap has no active version.")
    return wrapper


def _times(at: datetime | None) -> dict[str, datetime]:
    return {} if at is None else {"created_at": at, "since": at}


def fresh_version(name: str) -> int:
    """Give the number of the next version: above every recorded one, and none that the token holds unrecorded.

    What a crash left in the token, or what a database older than its token does not know, is neither taken into use
    nor overwritten (docs/decisions/0077).

    Raises: HsmUnavailable.
    """
    last = versions_of(name).aggregate(last=Max("version"))["last"] or 0
    if name == DATA_KEY:
        return int(last) + 1
    held = keys.labels()
    version = int(last) + 1
    while key_label(name, version) in held:
        version += 1
    return version


def unfit_algorithm(name: str, algorithm_name: str) -> bool:
    """Tell whether a key cannot have an algorithm."""
    if name == DATA_KEY:
        return algorithm_name != DATA_KEY_ALGORITHM
    if name not in SIGNING:
        return algorithm_name != FIRST_ALGORITHM[KeyName(name)]
    found = algorithms.get(algorithm_name)
    # The second signature of a seal is there for the day the first kind falls.
    return found is None or found.is_post_quantum < (name == KeyName.LOG_SEAL_PQ)
