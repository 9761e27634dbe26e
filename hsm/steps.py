"""Making versions of keys, in the transaction of the act that records them."""

from datetime import datetime
from typing import Final

from hsm.algorithms import algorithm
from hsm.errors import HsmUnavailable
from hsm.keyring import data_key_context
from hsm.models import DataKey, KeyVersion
from hsm.rules import key_label
from hsm.states import SECRET_KIND_OF, SIGNING, KeyName, KeyState
from hsm.token import keys, operations

MAKING_ORDER: Final = (KeyName.DATA_WRAP, *(name for name in KeyName if name is not KeyName.DATA_WRAP))
"""What others are wrapped with comes first."""


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
        keys.ensure(label, SECRET_KIND_OF[name])
    row.save(force_insert=True)
    return row


def make_data_key(version: int, *, state: KeyState, at: datetime | None = None) -> DataKey:
    """Draw a data key and record it wrapped.

    Raises: HsmUnavailable.
    Writes: DataKey.
    """
    wrapper = _active_wrapper()
    label = key_label(KeyName.DATA_WRAP, wrapper.version)
    wrapped = operations.encrypt(label, operations.random_bytes(32), context=data_key_context(version))
    return DataKey.objects.create(version=version, state=state, wrapped=wrapped, wrapped_by=wrapper, **_times(at))


def is_held(name: KeyName, version: int, algorithm_name: str) -> bool:
    """Tell whether the token holds what it must of a version; nothing, for a pair that is kept wrapped.

    Raises: HsmUnavailable; UnknownAlgorithm.
    """
    label = key_label(name, version)
    if name not in SIGNING:
        return keys.is_present(label, SECRET_KIND_OF[name])
    made_by = algorithm(algorithm_name)
    return not made_by.is_in_token or made_by.is_held(label)


def _active_wrapper() -> KeyVersion:
    wrapper = KeyVersion.objects.filter(name=KeyName.DATA_WRAP, state=KeyState.ACTIVE).first()
    if wrapper is None:
        raise HsmUnavailable("data-wrap has no active version.")
    return wrapper


def _times(at: datetime | None) -> dict[str, datetime]:
    return {} if at is None else {"created_at": at, "since": at}
