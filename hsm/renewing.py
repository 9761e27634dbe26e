"""One protected value, made anew with the active version of its key."""

from hsm.columns import Column, IndexColumn, SealedColumn, SeedColumn, purpose_in
from hsm.hashing import blind_index
from hsm.keyring import keyring
from hsm.protected_rows import ProtectedTable, Row, opened
from hsm.rules import split_seal, split_version
from hsm.sealing import seal
from hsm.seeds import rewrapped_seed
from hsm.states import KeyName


def renewed(table: ProtectedTable, column: Column, row: Row) -> bytes | None:
    """Give what a column of a row shall hold; ``None`` where it stays as it is.

    Verifiers, passwords and rows of the log stay: what they were made of is not kept.

    Rule:   KEY-3.
    Raises: SealBroken, UnknownVersion or ValueError when the value does not open; HsmUnavailable.
    """
    stored = row[column.column]
    if stored is None:
        return None
    match column:
        case SealedColumn():
            return _sealed_anew(column, row)
        case IndexColumn() if column.is_renewable:
            if split_version(bytes(stored))[0] == keyring().active(KeyName.LOOKUP):
                return None
            return blind_index(table.indexed_value(column, row), purpose=purpose_in(row, column.purpose))
        case SeedColumn():
            return rewrapped_seed(stored)
        case _:
            return None


def _sealed_anew(column: SealedColumn, row: Row) -> bytes | None:
    if split_seal(bytes(row[column.column]))[0] == keyring().active_data_key().version:
        return None
    return seal(opened(column, row), purpose=purpose_in(row, column.purpose), bound_to=row[column.bound_to])
