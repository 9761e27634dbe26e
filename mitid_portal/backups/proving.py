"""The proof that token and database belong together."""

from dataclasses import dataclass
from typing import Final

from hsm import api as hsm
from mitid_portal.backups.errors import ProofFailed
from mitid_portal.backups.manifest import Advance, Manifest, keys_now

SHOWN: Final = 20


@dataclass(frozen=True)
class Proven:
    """What was opened, and which keys were held against the manifest."""

    values: int
    columns: int
    keys: int


def prove(manifest: Manifest | None, advance: Advance) -> Proven:
    """Every sealed value opens, and every key of the manifest is the one it was.

    Rule:   KEY-2.
    Raises: ProofFailed naming columns and rows by their keys, never what is in them; HsmUnavailable.
    """
    now = {(entry.name, entry.version): entry.check for entry in keys_now()}
    wrong = [
        f"{entry.name} {entry.version}"
        for entry in (() if manifest is None else manifest.keys)
        if now.get((entry.name, entry.version)) != entry.check
    ]
    if wrong:
        raise ProofFailed(f"These keys of the backup are missing, or are others now: {', '.join(wrong)}.")

    def progress(table: str, *, rows: int, total: int | None = None) -> None:  # noqa: ARG001 - one bar for all
        advance(rows, more=total or 0)

    proof = hsm.prove_columns(progress)
    if not proof.is_whole:
        first = ", ".join(f"{found.column} {found.key}" for found in proof.findings[:SHOWN])
        raise ProofFailed(f"{len(proof.findings)} values do not open. The first: {first}.")
    return Proven(sum(proof.opened.values()), len(proof.opened), len(now))
