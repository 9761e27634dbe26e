"""Every protected value is opened once, and nothing is kept of what was in it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from hsm.columns import Column, IndexColumn, SealedColumn, SeedColumn, protected_columns, purpose_in
from hsm.hashing import blind_index_matches
from hsm.keyring import forget_keyring
from hsm.protected_rows import (
    BATCH_ROWS,
    DOES_NOT_OPEN,
    Finding,
    Progress,
    ProtectedTable,
    Row,
    opened,
    protected_tables,
    unwatched,
)
from hsm.seeds import check_seed, seed_hmac_sha1
from hsm.wrapped_keys import opens, wrapped_keys

ONE_MESSAGE: Final = (bytes(8),)


@dataclass
class Proof:
    """How many values of each column were opened, and which do not open.

    A column that cannot be opened by its nature (a verifier, a password, an index without its value, the log) is
    not in ``opened``: its own use proves it.
    """

    opened: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether everything opens."""
        return not self.findings


def prove_columns(progress: Progress = unwatched, *, batch_rows: int = BATCH_ROWS) -> Proof:
    """Open every sealed value, unwrap every seed and wrapped key, and hold every blind index against its value.

    A wrapped key that does not open ends the proof: nothing that lies under it opens before that is put right.

    Rule:    KEY-2: what a restored backup has to show.
    Returns: counts, and by column and key what does not open; never content.
    Raises:  HsmUnavailable when the module is away.
    """
    forget_keyring()
    proof = Proof(opened=Counter({column.name: 0 for column in protected_columns() if column.is_renewable}))
    for key in wrapped_keys():
        _count(proof, Finding(key.column, key.name), is_open=opens(key))
    if not proof.is_whole:
        return proof
    for table in protected_tables(SealedColumn, IndexColumn, SeedColumn):
        progress(table.label, rows=0, total=table.size())
        for rows in table.batches(limit=batch_rows):
            for row in rows:
                _prove_row(proof, table, row)
            progress(table.label, rows=len(rows))
    return proof


def _prove_row(proof: Proof, table: ProtectedTable, row: Row) -> None:
    for column in table.columns:
        if not column.is_renewable or row[column.column] is None:
            continue
        try:
            is_open = _opens(table, column, row)
        except DOES_NOT_OPEN:
            is_open = False
        _count(proof, Finding(column.name, str(row["pk"])), is_open=is_open)


def _opens(table: ProtectedTable, column: Column, row: Row) -> bool:
    match column:
        case SealedColumn():
            opened(column, row)
        case IndexColumn():
            value, purpose = table.indexed_value(column, row), purpose_in(row, column.purpose)
            return blind_index_matches(value, row[column.column], purpose=purpose)
        case SeedColumn():
            check_seed(row[column.column], row[column.verifier], bound_to=row[column.bound_to])
            seed_hmac_sha1(row[column.column], ONE_MESSAGE)
    return True


def _count(proof: Proof, found: Finding, *, is_open: bool) -> None:
    if is_open:
        proof.opened[found.column] += 1
    else:
        proof.findings.append(found)
