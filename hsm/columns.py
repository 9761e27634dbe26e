"""What is protected with our keys, and in which column it lies: every app above says so of its own.

``hsm`` knows nobody above it; an app registers its columns with ``protect`` when Django starts it. What is
registered is what a re-wrap renews, what the proof opens, and what keeps a key from being destroyed (KEY-3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.db.models.options import Options

from hsm.rules import seal_header, versioned
from hsm.states import DATA_KEY, KeyName

ALWAYS: Final = Q()


@dataclass(frozen=True)
class PurposeOf:
    """A purpose that another column of the same row tells."""

    column: str
    give: Callable[[str], str]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a model that holds something made with a key.

    ``live`` picks the rows in which the value is still of use; all of them unless told.
    """

    key: ClassVar[str]
    model: str
    column: str
    live: Q = ALWAYS

    @property
    def name(self) -> str:
        """The column as reports name it."""
        return f"{self.model}.{self.column}"

    @property
    def table(self) -> type[Model]:
        """The model, once Django has loaded all of them."""
        return apps.get_model(self.model)

    @property
    def rows(self) -> QuerySet[Model]:
        """All rows of the model."""
        return QuerySet(self.table)

    @property
    def is_renewable(self) -> bool:
        """Whether a value can be made anew out of what is stored."""
        return False

    def made_with(self, version: int) -> Q:
        """Give the condition for values made with a version of the key: a range, so that an index on it serves."""
        return _begins_with(self.column, versioned(version, b""))

    def reads(self) -> set[str]:
        """Name the columns that are read along with it."""
        return {self.column}

    def renews(self) -> set[str]:
        """Name the columns that change when the value is made anew."""
        return {self.column} if self.is_renewable else set()


@dataclass(frozen=True, kw_only=True)
class SealedColumn(Column):
    """A text sealed with a data key, for a purpose and bound to a UUID that stands in ``bound_to``."""

    key: ClassVar[str] = DATA_KEY
    purpose: str | PurposeOf
    bound_to: str = "id"

    @property
    def is_renewable(self) -> bool:
        """Always: it is opened and sealed."""
        return True

    def made_with(self, version: int) -> Q:
        """As above; a seal has its format before its version."""
        return _begins_with(self.column, seal_header(version))

    def reads(self) -> set[str]:
        """Name the columns that are read along with it."""
        return {self.column, self.bound_to} | _told_by(self.purpose)


@dataclass(frozen=True, kw_only=True)
class IndexColumn(Column):
    """A blind index of a value that is sealed in ``value``, a registered column of the same model.

    ``value`` is empty where the value is not kept: such an index cannot be remade, and its key stays as long as
    ``live`` rows have it. ``normal`` gives what is indexed out of what is sealed.
    """

    key: ClassVar[str] = KeyName.LOOKUP.value
    purpose: str | PurposeOf
    value: str = ""
    normal: Callable[[str], str] = str

    @property
    def is_renewable(self) -> bool:
        """Where the value is kept."""
        return bool(self.value)

    def reads(self) -> set[str]:
        """Name the columns that are read along with it."""
        return {self.column} | _told_by(self.purpose)


@dataclass(frozen=True, kw_only=True)
class SeedColumn(Column):
    """A seed wrapped by the module; ``verifier`` names the column that tells that it is the row's own."""

    key: ClassVar[str] = KeyName.SECRET_WRAP.value
    verifier: str
    bound_to: str

    @property
    def is_renewable(self) -> bool:
        """Always, inside the module."""
        return True

    def reads(self) -> set[str]:
        """Name the columns that are read along with it."""
        return {self.column, self.verifier, self.bound_to}

    def renews(self) -> set[str]:
        """Name both columns: they change together."""
        return {self.column, self.verifier}


@dataclass(frozen=True, kw_only=True)
class VerifierColumn(Column):
    """What a secret is checked against: it cannot be remade, and ends with its row's ``live``."""

    key: ClassVar[str] = KeyName.VERIFIER.value


@dataclass(frozen=True, kw_only=True)
class PasswordColumn(Column):
    """A password's hash with the pepper's version behind ``prefix``: renewed when its owner next logs in."""

    key: ClassVar[str] = KeyName.VERIFIER.value
    prefix: str

    def made_with(self, version: int) -> Q:
        """Give the condition for hashes under a version of the pepper."""
        return Q(**{f"{self.column}__startswith": f"{self.prefix}{version}$"})


@dataclass(frozen=True, kw_only=True)
class LogColumn(Column):
    """A keyed hash of a row of the log, which is append-only: its data key stays as long as the rows do."""

    key: ClassVar[str] = DATA_KEY


_registered: Final[dict[str, Column]] = {}


def protect(*columns: Column) -> None:
    """Have columns known as protected.

    Raises: ValueError when one is known already.
    """
    for column in columns:
        if column.name in _registered:
            message = f"{column.name} is protected twice."
            raise ValueError(message)
        _registered[column.name] = column


def protected_columns() -> tuple[Column, ...]:
    """Give every registered column, by name."""
    return tuple(_registered[name] for name in sorted(_registered))


def columns_of_tables() -> dict[str, tuple[Column, ...]]:
    """Give the registered columns table by table, each table as its model's label."""
    tables: dict[str, list[Column]] = {}
    for column in protected_columns():
        tables.setdefault(column.model, []).append(column)
    return {model: tuple(columns) for model, columns in tables.items()}


def purpose_in(row: Mapping[str, Any], purpose: str | PurposeOf) -> str:
    """Give the purpose that holds for a row."""
    return purpose if isinstance(purpose, str) else purpose.give(row[purpose.column])


def described(model: type[Model]) -> Options[Any]:
    """Give what Django knows of a model's table, columns and key."""
    return model._meta  # noqa: SLF001 - documented by Django, underscore and all


def _told_by(purpose: str | PurposeOf) -> set[str]:
    return set() if isinstance(purpose, str) else {purpose.column}


def _begins_with(column: str, prefix: bytes) -> Q:
    condition = Q(**{f"{column}__gte": prefix})
    number = int.from_bytes(prefix, "big") + 1
    if number >= 1 << 8 * len(prefix):  # nothing sorts behind what begins with it
        return condition
    return condition & Q(**{f"{column}__lt": number.to_bytes(len(prefix), "big")})
