"""What the database says of keys and custodians, held against the module's word, the token and the ceremonies."""

from collections.abc import Iterator
from dataclasses import dataclass

from hsm.algorithms import algorithms
from hsm.algorithms.base import ModuleAlgorithm, SoftwareAlgorithm
from hsm.errors import KeyBroken
from hsm.models import Ceremony, Custodian, DataKey, KeyVersion
from hsm.rules import key_label
from hsm.states import DATA_KEY, SIGNING, KeyName, KeyState
from hsm.steps.replaying import differences, replayed
from hsm.token import keys
from hsm.vouching import all_rows, changed_rows, names_of


@dataclass(frozen=True)
class Custody:
    """How many rows and ceremonies were gone through, and what is wrong with them."""

    rows: int
    ceremonies: int
    findings: tuple[str, ...]


def verify_custody() -> Custody:
    """Hold every row against the module's word, every pair against the token, and all of it against the ceremonies.

    Rule:   KEY-1, KEY-3.
    Raises: HsmUnavailable.
    """
    ceremonies = list(Ceremony.objects.select_related("first", "second").order_by("at"))
    versions = {(row.name, row.version): row.state for row in KeyVersion.objects.all()}
    versions |= {(DATA_KEY, row.version): row.state for row in DataKey.objects.all()}
    replay = replayed(ceremonies)
    found = [*row_findings(), *replay.findings, *differences(replay, versions, Custodian.objects.all())]
    return Custody(len(all_rows()), len(ceremonies), tuple(found))


def row_findings() -> Iterator[str]:
    """Tell which rows the module did not vouch for, and which pairs are not those of the token.

    Raises: HsmUnavailable.
    """
    for name in names_of(changed_rows(all_rows())):
        yield f"The row of {name} was changed, or its key was not made in the module: it is not used."
    for row in (
        KeyVersion.objects.filter(name__in=SIGNING).exclude(state=KeyState.DESTROYED).select_related("wrapped_by")
    ):
        if not _is_the_modules(row):
            yield f"The public half of {key_label(row.name, row.version)} is not that of the module's key."


def _is_the_modules(row: KeyVersion) -> bool:
    found, label, public = algorithms.get(row.algorithm), key_label(row.name, row.version), bytes(row.public_key or b"")
    if isinstance(found, ModuleAlgorithm):
        return keys.public_half(label, found.kind) in {public, None}  # one that the token lacks is told of elsewhere
    if not isinstance(found, SoftwareAlgorithm) or row.wrapped_private is None or row.wrapped_by is None:
        return False
    wrapper = key_label(KeyName.DATA_WRAP, row.wrapped_by.version)
    try:
        return found.public_key_of(found.opened(label, bytes(row.wrapped_private), wrapper=wrapper)) == public
    except KeyBroken:
        return False
