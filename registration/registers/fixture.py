"""A civil register of 200 made-up people and their passports, always the same, for demo and tests.

CPR numbers are valid in form but fail modulus 11, which every number given out before October 2007 passes, so
they are no grown person's. For the few children the register turns to such numbers only on days whose others are
used up. Passport numbers start with XX, which Denmark does not use.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from registration.registers import names
from registration.registers.base import RegisterPerson
from registration.rules.cpr import birth_date_of, passes_modulus_11
from registration.rules.mrz import write_passport
from registration.states import PersonStatus, QuestionTopic

SEED: Final = 20_261_123
PEOPLE: Final = 200


class _Lot(Enum):
    """What is special about a person."""

    PLAIN = auto()
    PROTECTED = auto()
    DEAD = auto()
    DISAPPEARED = auto()
    EMIGRATED = auto()
    CHILD = auto()
    NO_PASSPORT = auto()
    EXPIRED_PASSPORT = auto()
    STOLEN_PASSPORT = auto()


COUNTS: Final = {
    _Lot.PROTECTED: 8,
    _Lot.DEAD: 6,
    _Lot.DISAPPEARED: 3,
    _Lot.EMIGRATED: 5,
    _Lot.CHILD: 14,
    _Lot.NO_PASSPORT: 16,
    _Lot.EXPIRED_PASSPORT: 10,
    _Lot.STOLEN_PASSPORT: 6,
}


@dataclass(frozen=True, kw_only=True)
class FixturePassport:
    """A made-up Danish passport with the two lines of its machine-readable zone."""

    cpr_number: str
    number: str
    expires_on: date
    line_1: str
    line_2: str
    is_reported: bool


class FixtureCivilRegister:
    """The made-up people."""

    def look_up(self, cpr_number: str) -> RegisterPerson | None:
        """Find a made-up person."""
        return _people().get(cpr_number)


class FixtureDocumentRegister:
    """The made-up passports that are reported stolen."""

    def is_reported(self, *, issuer: str, number: str) -> bool:
        """Tell whether a made-up passport is reported."""
        return issuer == "DNK" and number in _reported()


def fixture_people() -> list[RegisterPerson]:
    """List everybody in the fixture register, in an order that never changes."""
    return list(_people().values())


def fixture_passport_of(cpr_number: str) -> FixturePassport | None:
    """Give a made-up person's passport; None when they have none."""
    return _passports().get(cpr_number)


@lru_cache(maxsize=1)
def _cast() -> tuple[tuple[_Lot, RegisterPerson, FixturePassport | None], ...]:
    # Not a secret: the same people must come out every time.
    chance = random.Random(SEED)  # noqa: S311
    lots = [lot for lot, count in COUNTS.items() for _ in range(count)]
    lots += [_Lot.PLAIN] * (PEOPLE - len(lots))
    chance.shuffle(lots)
    taken: set[str] = set()
    return tuple(_member(chance, lot, number, taken) for number, lot in enumerate(lots))


@lru_cache(maxsize=1)
def _people() -> Mapping[str, RegisterPerson]:
    return {person.cpr_number: person for _, person, _ in _cast()}


@lru_cache(maxsize=1)
def _passports() -> Mapping[str, FixturePassport]:
    return {passport.cpr_number: passport for _, _, passport in _cast() if passport}


@lru_cache(maxsize=1)
def _reported() -> frozenset[str]:
    return frozenset(passport.number for passport in _passports().values() if passport.is_reported)


def _member(
    chance: random.Random, lot: _Lot, number: int, taken: set[str]
) -> tuple[_Lot, RegisterPerson, FixturePassport | None]:
    is_woman = chance.random() < 0.5
    years = (2018, 2024) if lot is _Lot.CHILD else (1938, 2006)
    born_on = date(chance.randint(*years), 1, 1) + timedelta(days=chance.randrange(365))
    cpr_number = _cpr_number(chance, born_on, is_woman=is_woman, taken=taken)
    first_names = names.WOMEN if is_woman else names.MEN
    middle = chance.choice(names.SURNAMES) if chance.random() < 0.3 else ""
    person = RegisterPerson(
        cpr_number=cpr_number,
        given_names=" ".join(filter(None, (chance.choice(first_names), middle))),
        surname=chance.choice(names.SURNAMES),
        born_on=born_on,
        status=_STATUS.get(lot, PersonStatus.ALIVE),
        address=_address(chance),
        is_name_protected=lot is _Lot.PROTECTED,
        is_address_protected=lot is _Lot.PROTECTED,
        facts=dict(_facts(chance, born_on, is_child=lot is _Lot.CHILD)),
    )
    return lot, person, _passport(chance, lot, person, number, is_woman=is_woman)


_STATUS: Final = {
    _Lot.DEAD: PersonStatus.DEAD,
    _Lot.DISAPPEARED: PersonStatus.DISAPPEARED,
    _Lot.EMIGRATED: PersonStatus.EMIGRATED,
}


def _cpr_number(chance: random.Random, born_on: date, *, is_woman: bool, taken: set[str]) -> str:
    sevenths = "4567" if born_on.year >= 2000 else "0123"
    while True:
        tail = f"{chance.choice(sevenths)}{chance.randrange(100):02}{chance.randrange(0, 10, 2) + (not is_woman)}"
        digits = f"{born_on:%d%m%y}{tail}"
        if birth_date_of(digits) == born_on and not passes_modulus_11(digits) and digits not in taken:
            taken.add(digits)
            return digits


def _address(chance: random.Random) -> str:
    return f"{chance.choice(names.STREETS)} {chance.randint(1, 180)}, {chance.choice(names.TOWNS)}"


def _facts(chance: random.Random, born_on: date, *, is_child: bool) -> Iterator[tuple[QuestionTopic, str]]:
    yield QuestionTopic.EARLIER_ADDRESS, _address(chance)
    yield QuestionTopic.MUNICIPALITY_OF_BIRTH, chance.choice(names.MUNICIPALITIES)
    yield QuestionTopic.MOTHERS_FIRST_NAME, chance.choice(names.WOMEN)
    yield QuestionTopic.FATHERS_FIRST_NAME, chance.choice(names.MEN)
    yield QuestionTopic.CHURCH_MEMBERSHIP, "ja" if chance.random() < 0.7 else "nej"
    if is_child:
        return
    yield QuestionTopic.MOVED_IN_YEAR, str(chance.randint(max(born_on.year, 2005), 2024))
    children = sorted(
        year for _ in range(chance.randint(0, 3)) if (year := born_on.year + chance.randint(20, 40)) <= 2024
    )
    yield QuestionTopic.CHILDREN_COUNT, str(len(children))
    if children:
        yield QuestionTopic.CHILDREN_BIRTH_YEARS, ", ".join(map(str, children))
    if chance.random() < 0.5 and born_on.year < 1998:
        yield QuestionTopic.SPOUSE_FIRST_NAME, chance.choice(names.MEN + names.WOMEN)
        yield QuestionTopic.MARRIED_YEAR, str(born_on.year + chance.randint(20, 27))


def _passport(
    chance: random.Random, lot: _Lot, person: RegisterPerson, number: int, *, is_woman: bool
) -> FixturePassport | None:
    years = (2015, 2024) if lot is _Lot.EXPIRED_PASSPORT else (2033, 2036)
    expires_on = date(chance.randint(*years), 1, 1) + timedelta(days=chance.randrange(365))
    if lot is _Lot.NO_PASSPORT:
        return None
    document = f"XX{1_000_003 * (number + 1) % 9_999_991:07}"
    line_1, line_2 = write_passport(
        issuer="DNK",
        surname=person.surname,
        given_names=person.given_names,
        number=document,
        born_on=person.born_on,
        sex="F" if is_woman else "M",
        expires_on=expires_on,
        personal_number=person.cpr_number,
    )
    return FixturePassport(
        cpr_number=person.cpr_number,
        number=document,
        expires_on=expires_on,
        line_1=line_1,
        line_2=line_2,
        is_reported=lot is _Lot.STOLEN_PASSPORT,
    )
