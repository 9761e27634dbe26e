"""One protected value, made anew with the active version of its key."""

from hsm.columns import Column, IndexColumn, SealedColumn, SeedColumn, purpose_in
from hsm.hashing import blind_index
from hsm.keyring import keyring
from hsm.protected_rows import ProtectedTable, Row, opened
from hsm.rules import split_seal, split_version
from hsm.sealing import seal
from hsm.seeds import check_seed, rewrapped_seed, seed_verifier
from hsm.states import KeyName


def renewed(table: ProtectedTable, column: Column, row: Row) -> dict[str, bytes]:
    """Give what a protected column of a row shall hold, and what goes with it; nothing where all stays as it is.

    Verifiers, passwords and rows of the log stay: what they were made of is not kept.

    Rule:   KEY-3.
    Raises: SealBroken, UnknownVersion or ValueError when the value does not open; HsmUnavailable.
    """
    stored = row[column.column]
    if stored is None:
        return {}
    match column:
        case SealedColumn():
            value = _sealed_anew(column, row)
        case IndexColumn() if column.is_renewable:
            value = _indexed_anew(table, column, row)
        case SeedColumn():
            return _seed_anew(column, row)
        case _:
            return {}
    return {} if value is None else {column.column: value}


def _seed_anew(column: SeedColumn, row: Row) -> dict[str, bytes]:
    stored, own, bound_to = row[column.column], row[column.verifier], row[column.bound_to]
    check_seed(stored, own, bound_to=bound_to)  # another's seed does not become the row's own by being renewed
    value = rewrapped_seed(stored)
    if value is None and split_version(bytes(own))[0] == keyring().active(KeyName.VERIFIER):
        return {}
    wrapped = bytes(stored) if value is None else value
    made = {column.verifier: seed_verifier(wrapped, bound_to=bound_to)}
    return made if value is None else made | {column.column: value}


def _indexed_anew(table: ProtectedTable, column: IndexColumn, row: Row) -> bytes | None:
    if split_version(bytes(row[column.column]))[0] == keyring().active(KeyName.LOOKUP):
        return None
    return blind_index(table.indexed_value(column, row), purpose=purpose_in(row, column.purpose))


def _sealed_anew(column: SealedColumn, row: Row) -> bytes | None:
    if split_seal(bytes(row[column.column]))[0] == keyring().active_data_key().version:
        return None
    return seal(opened(column, row), purpose=purpose_in(row, column.purpose), bound_to=row[column.bound_to])
