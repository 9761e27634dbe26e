"""What the portal asks of the civil register and of the register of reported documents."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from registration.states import PersonStatus, QuestionTopic


class RegisterUnavailable(Exception):  # noqa: N818 - named as HsmUnavailable is: a state of the world, not a fault of ours
    """A register did not answer, or not in a way that can be relied on. Nothing was done."""


@dataclass(frozen=True, kw_only=True)
class RegisterPerson:
    """A person as the civil register has them. ``facts`` are what control questions can be asked about (REG-3)."""

    cpr_number: str
    given_names: str
    surname: str
    born_on: date
    status: PersonStatus
    address: str | None = None
    is_name_protected: bool = False
    is_address_protected: bool = False
    facts: Mapping[QuestionTopic, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The whole name, as it is written."""
        return f"{self.given_names} {self.surname}".strip()


class CivilRegister(Protocol):
    """The civil register (CPR)."""

    def look_up(self, cpr_number: str) -> RegisterPerson | None:
        """Find a person by ten digits; None when there is no such number. Raises: RegisterUnavailable."""
        ...


class DocumentRegister(Protocol):
    """The register of documents reported lost or stolen."""

    def is_reported(self, *, issuer: str, number: str) -> bool:
        """Tell whether a passport is reported. Raises: RegisterUnavailable."""
        ...


def person_as_json(person: RegisterPerson) -> str:
    """Write a person as text, to be sealed."""
    return json.dumps(
        {
            "cpr_number": person.cpr_number,
            "given_names": person.given_names,
            "surname": person.surname,
            "born_on": person.born_on.isoformat(),
            "status": person.status.value,
            "address": person.address,
            "is_name_protected": person.is_name_protected,
            "is_address_protected": person.is_address_protected,
            "facts": {topic.value: fact for topic, fact in person.facts.items()},
        },
        ensure_ascii=False,
    )


def person_from_json(text: str) -> RegisterPerson:
    """Read a person back. Raises: ValueError, KeyError or TypeError when the text is none."""
    return person_from_mapping(json.loads(text))


def person_from_mapping(raw: Any) -> RegisterPerson:
    """Read a person out of decoded JSON. Facts of a topic that we do not know are left aside.

    Raises: ValueError, KeyError or TypeError when it is not as docs/decisions/0060 has it.
    """
    if not isinstance(raw, dict):
        raise TypeError("A person is a JSON object.")
    topics = set(QuestionTopic.values)
    facts = {QuestionTopic(topic): _text(fact) for topic, fact in raw["facts"].items() if topic in topics}
    address = raw["address"]
    return RegisterPerson(
        cpr_number=_text(raw["cpr_number"]),
        given_names=_text(raw["given_names"]),
        surname=_text(raw["surname"]),
        born_on=date.fromisoformat(raw["born_on"]),
        status=PersonStatus(raw["status"]),
        address=None if address is None else _text(address),
        is_name_protected=_truth(raw["is_name_protected"]),
        is_address_protected=_truth(raw["is_address_protected"]),
        facts=facts,
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("A text was expected.")
    return value


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("A truth value was expected.")
    return value
