"""Who can be played in the demo: people of the fixture register, with roles, secrets and addresses.

Here stands what a person would know or choose. What they have by now (user ID, contacts, devices) is read from the
system each time, so that the page stays right when somebody changes it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from identities.api import (
    ContactKind,
    DeviceState,
    IdentityView,
    contacts_of,
    device_state,
    devices_of,
    identity_by_cpr_number,
)
from mitid_portal.demo.devices import own_serial, reader_serial, stock_serial, stock_size
from registration.api import PersonStatus, RegisterPerson, fixture_passport_of, fixture_people

APPLICANTS_SHOWN: Final = 2
YOUNGEST_BORN_ON: Final = date(2005, 12, 31)


class Role(TextChoices):
    """What somebody does in the demo."""

    CLERK = "clerk", _("Clerks")
    SUPPORT = "support", _("Support agents")
    ADMINISTRATOR = "administrator", _("RA administrators")
    AUDITOR = "auditor", _("Auditors")
    OPERATOR = "operator", _("Operators")
    CITIZEN = "citizen", _("Citizens")
    APPLICANT = "applicant", _("People who come to get an identity")


HAVE_A_READER: Final = frozenset({"gul gummistøvle"})
"""User IDs of those who have an audio code reader; all others have a code display."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part to be played: what its player knows and chooses. ``number`` gives them a device, phone and mailbox."""

    role: Role
    number: int
    user_id: str
    password: str = field(repr=False)

    @property
    def serial(self) -> str:
        """The code device that the seed command gives them."""
        return reader_serial(self.number) if self.user_id in HAVE_A_READER else own_serial(self.number)

    @property
    def phone(self) -> str:
        """Their first phone. E.164."""
        return f"+4520{100_000 + self.number:06}"

    @property
    def email(self) -> str:
        """Their first mailbox."""
        return f"demo{self.number:03}@post.example"


CAST: Final = tuple(
    Part(role=role, number=number, user_id=user_id, password=password)
    for number, (role, user_id, password) in enumerate(
        [
            (Role.CLERK, "vågen ugle", "kaffe og rugbrød før ni"),
            (Role.CLERK, "rolig hejre", "syv stempler i skuffen"),
            (Role.SUPPORT, "tålmodig telefon", "lyt først og spørg bagefter"),
            (Role.ADMINISTRATOR, "nøgleknippe 12", "alle skabe har et nummer"),
            (Role.AUDITOR, "skarpe briller", "jeg læser også det med småt"),
            (Role.CITIZEN, "blå cykel", "regnfrakken hænger i gangen"),
            (Role.CITIZEN, "havørn-på-taget", "tre ture rundt om søen"),
            (Role.CITIZEN, "stille onsdag", "pandekager med solbær 4"),
            (Role.CITIZEN, "gul gummistøvle", "færgen går kvart over"),
            (Role.OPERATOR, "vagt ved tavlen", "grønne lamper hele natten"),
        ],
        start=1,
    )
)
_ADJECTIVES: Final = ("sød", "rund", "kvik", "varm", "lys", "blød", "grøn", "flot", "klog", "sjov")
_THINGS: Final = ("brombær", "kastanje", "trækvogn", "lygtepæl", "skovsø", "vindmølle", "paraply", "fyrtårn")


@dataclass(frozen=True, kw_only=True)
class ControlAnswer:
    """What a person would answer to a control question."""

    topic: str
    question: str
    answer: str


@dataclass(frozen=True, kw_only=True)
class Persona:
    """Somebody as the demo shows them: secrets, and what they have by now."""

    role: Role
    name: str
    cpr_number: str
    user_id: str | None
    password: str = field(repr=False)
    devices: list[str]
    phone: str
    email: str
    chosen_user_id: str
    passport_mrz: list[str]
    control_answers: list[ControlAnswer]

    def as_json(self) -> dict[str, object]:
        """Give everything; ``user_id`` is null as long as there is no identity."""
        return {
            "role": self.role.value,
            "name": self.name,
            "cpr_number": self.cpr_number,
            "user_id": self.user_id,
            "password": self.password,
            "devices": self.devices,
            "phone": self.phone,
            "email": self.email,
            "chosen_user_id": self.chosen_user_id,
            "passport_mrz": self.passport_mrz,
            "control_answers": {item.topic: item.answer for item in self.control_answers},
        }


def personas() -> list[Persona]:
    """List who can be played: the cast, those who got an identity since, and two who have none yet."""
    found = [_persona(part, person) for part, person in zip(CAST, pool(), strict=False)]
    waiting = 0
    for part, person in walk_ins():
        persona = _persona(part, person)
        found.append(persona)
        waiting += persona.user_id is None
        if waiting == APPLICANTS_SHOWN:
            break
    return found


def walk_ins() -> Iterator[tuple[Part, RegisterPerson]]:
    """Go through everybody who can come to the office without an identity, in an order that never changes."""
    for number, person in enumerate(islice(pool(), len(CAST), None), start=len(CAST) + 1):
        adjective, thing = _ADJECTIVES[number % len(_ADJECTIVES)], _THINGS[number % len(_THINGS)]
        yield (
            Part(
                role=Role.APPLICANT,
                number=number,
                user_id=f"{adjective} {thing} {number}",
                password=f"{thing} ved {number} {adjective}e døre",
            ),
            person,
        )


@lru_cache(maxsize=1)
def pool() -> tuple[RegisterPerson, ...]:
    """Give the people of the fixture register whom nothing stands in the way of an identity."""
    return tuple(person for person in fixture_people() if _is_unremarkable(person))


def spare_display() -> str | None:
    """Name a code display that lies in the office's stock yet."""
    for number in range(1, stock_size() + 1):
        if device_state(stock_serial(number)) is DeviceState.IN_STOCK:
            return stock_serial(number)
    return None


def _is_unremarkable(person: RegisterPerson) -> bool:
    passport = fixture_passport_of(person.cpr_number)
    return (
        passport is not None
        and not passport.is_reported
        and passport.expires_on.year >= 2030
        and person.status is PersonStatus.ALIVE
        and person.born_on <= YOUNGEST_BORN_ON
        and not person.is_name_protected
    )


def _persona(part: Part, person: RegisterPerson) -> Persona:
    identity = identity_by_cpr_number(person.cpr_number)
    contacts = contacts_of(identity.id) if identity else {}
    devices = _active_devices(identity)
    role = Role.CITIZEN if part.role is Role.APPLICANT and devices else part.role
    is_waiting = role is Role.APPLICANT
    passport = fixture_passport_of(person.cpr_number)
    return Persona(
        role=role,
        name=person.name,
        cpr_number=person.cpr_number,
        user_id=identity.user_id if identity else None,
        password=part.password,
        devices=devices,
        phone=contacts.get(ContactKind.PHONE, part.phone),
        email=contacts.get(ContactKind.EMAIL, part.email),
        chosen_user_id=part.user_id,
        passport_mrz=[passport.line_1, passport.line_2] if passport and is_waiting else [],
        control_answers=_answers(person) if is_waiting else [],
    )


def _active_devices(identity: IdentityView | None) -> list[str]:
    if identity is None:
        return []
    return [device.serial for device in devices_of(identity.id) if device.state is DeviceState.ACTIVE]


def _answers(person: RegisterPerson) -> list[ControlAnswer]:
    return [
        ControlAnswer(topic=topic.value, question=str(topic.label), answer=answer)
        for topic, answer in person.facts.items()
    ]
