"""The keys and custodians there are, and what does not fit between database and token."""

from collections.abc import Iterator
from datetime import UTC

from hsm.algorithms import algorithms
from hsm.models import Custodian, KeyVersion
from hsm.orders import fingerprint
from hsm.queries import versions_of
from hsm.rules import key_label
from hsm.states import DATA_KEY, SECRET_KIND_OF, KeyName, KeyState
from hsm.token import keys
from hsm.usecases.verify import row_findings
from hsm.uses import places_using


def listed() -> Iterator[str]:
    """Give the lines of ``hsm keys``.

    Raises: HsmUnavailable.
    """
    for name in [*(name.value for name in KeyName), DATA_KEY]:
        for row in versions_of(name).order_by("version"):
            since = row.since.astimezone(UTC).isoformat(timespec="seconds")
            kind = getattr(row, "algorithm", "AES-256-GCM")
            places = [] if row.state == KeyState.DESTROYED else places_using(name, row.version)
            used = f"  used in {', '.join(places)}" if places else ""
            yield f"{name:<14} {row.version:>5}  {kind:<12} {row.state:<12} since {since}{used}"
    yield ""
    for custodian in Custodian.objects.order_by("label"):
        yield f"custodian {custodian.label:<16} {custodian.state:<10} {fingerprint(bytes(custodian.public_key))}"
    yield from _differences()


def _differences() -> Iterator[str]:
    held = keys.labels()
    rows = {key_label(row.name, row.version): row for row in KeyVersion.objects.all()}
    for label in sorted(held - set(rows)):
        yield f"The token holds {label}, which no ceremony recorded: left by a crash, or the database is an older one."
    for label, row in sorted(rows.items()):
        if row.state == KeyState.DESTROYED and label in held:
            yield f"The token still holds {label}, which is destroyed: manage.py hsm destroy {row.name} {row.version}"
        if row.state != KeyState.DESTROYED and _belongs_in_token(row) and label not in held:
            yield f"The token does not hold {label}: restore the token from its backup."
    yield from row_findings()


def _belongs_in_token(row: KeyVersion) -> bool:
    found = algorithms.get(row.algorithm)
    return row.name in SECRET_KIND_OF or (found is not None and found.is_in_token)
