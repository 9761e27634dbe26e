"""Second versions of keys, and rows whose values the first ones made."""

from datetime import datetime

from hsm.keyring import forget_keyring
from hsm.models import DataKey, KeyVersion
from hsm.states import DATA_KEY, KeyName, KeyState
from hsm.steps.making import make_data_key, make_version

ALL = (DATA_KEY, KeyName.DATA_WRAP, KeyName.SECRET_WRAP, KeyName.LOOKUP, KeyName.VERIFIER)


def rotate(*names: str, at: datetime | None = None) -> None:
    """Make the next version of each key the active one; the one before only opens and verifies."""
    for name in names:
        rows = DataKey.objects.all() if name == DATA_KEY else KeyVersion.objects.filter(name=name)
        version = max(rows.values_list("version", flat=True)) + 1
        rows.filter(state=KeyState.ACTIVE).update(state=KeyState.VERIFY_ONLY)
        if name == DATA_KEY:
            make_data_key(version, state=KeyState.ACTIVE, at=at)
        else:
            algorithm = KeyVersion.objects.filter(name=name).latest("version").algorithm
            make_version(KeyName(name), version, algorithm, state=KeyState.ACTIVE, at=at)
    forget_keyring()
