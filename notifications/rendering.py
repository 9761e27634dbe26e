"""Turns a message into the words that are sent; nothing half-filled ever leaves here."""

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context, Engine

from notifications import words
from notifications.messages import Message
from notifications.rules.gsm7 import ONE_PART_SEPTETS, septets_of
from notifications.states import Channel, Language

LONGEST_SUBJECT: Final = 120
DANISH_TIME: Final = ZoneInfo("Europe/Copenhagen")
LONGEST_NAME_IN_SMS: Final = 40
SHORTEST_NAME_IN_SMS: Final = 20  # an alert that names nobody in particular would be no better than none
_LOOKS_LIKE_LINK: Final = re.compile(r"[.:@]|//")
_MADE_A_LINK: Final = re.compile(r"://|@|(?<=\w)\.(?=\w)")  # by mail programs, of their own accord
_LINK: Final = re.compile(r"https?:|www\.|\b[a-z0-9-]+\.(?:dk|com|eu|net|org|example)\b", re.IGNORECASE)


class MessageFault(Exception):  # noqa: N818 - it says what is so
    """A message cannot be sent as its template stands; its words are kept out of the text of the fault."""

    def __init__(self, template: str, problem: str, *details: object) -> None:
        super().__init__(": ".join([template, problem, *map(str, details)]))


@dataclass(frozen=True)
class Rendered:
    """The words of one message for one channel; a text message has no subject."""

    subject: str | None
    body: str


@dataclass(frozen=True)
class Moment:
    """An instant as templates write it, in Danish local time."""

    short: str
    long: str


class _Raising(str):
    """What Django puts in place of a variable that resolves to nothing: here it raises."""

    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, name: object) -> str:
        raise MessageFault("a template", "the message does not have", name)


class _StrictContext(Context):
    """Remembers every name it could not give, since ``{% if %}`` swallows what is raised inside it."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.missing: set[str] = set()
        super().__init__(dict(values), autoescape=False)

    def __getitem__(self, key: Any) -> Any:
        try:
            return super().__getitem__(key)
        except KeyError:
            self.missing.add(str(key))
            raise


def render(message: Message, *, channel: Channel, language: Language) -> Rendered:
    """Give the words of ``message`` for one channel and language.

    Rule:   ALR-3: a text message is one GSM-7 part without links.
    Raises: MessageFault when a variable is missing or the words do not fit.
    """
    values = _values_of(message, channel, language)
    match channel:
        case Channel.SMS:
            body = _fill(message, f"{language}.sms.txt", values)
            if over := _septets_over(body, values):
                values["organisation"] = str(values["organisation"])[:-over].rstrip()
                body = _fill(message, f"{language}.sms.txt", values)
            _refuse_unfit_sms(message, body)
            return Rendered(subject=None, body=body)
        case Channel.EMAIL | Channel.APP:  # the inbox shows what the e-mail says
            subject = _fill(message, f"{language}.subject.txt", values)
            if "\n" in subject or not 0 < len(subject) <= LONGEST_SUBJECT:
                raise MessageFault(message.kind, "the subject is not one short line")
            return Rendered(subject=subject, body=_fill(message, f"{language}.email.txt", values) + "\n")


def _septets_over(body: str, values: Mapping[str, object]) -> int:
    """Tell how many characters of the organisation's name have no room; none, if too little of it were left."""
    over = (septets_of(body) or 0) - ONE_PART_SEPTETS
    room = len(str(values.get("organisation", ""))) - SHORTEST_NAME_IN_SMS
    return over if 0 < over <= room else 0


def _refuse_unfit_sms(message: Message, body: str) -> None:
    septets = septets_of(body)
    if septets is None:
        raise MessageFault(message.kind, "a character is outside GSM-7")
    if septets > ONE_PART_SEPTETS:
        raise MessageFault(message.kind, "too long for one text message, in septets", septets)
    if _LINK.search(body):
        raise MessageFault(message.kind, "a text message has no links")


def _values_of(message: Message, channel: Channel, language: Language) -> dict[str, object]:
    values: dict[str, object] = {"brand": settings.BRAND_NAME}
    for field in fields(message):
        value = getattr(message, field.name)
        if isinstance(value, datetime):
            value = moment(value, language)
        elif field.name == "organisation":
            value = _plain_name(value) if channel is Channel.SMS else _unlinked_name(value)
        elif (named := words.of(language, field.name, value, brand=settings.BRAND_NAME)) is not None:
            value = named
        values[field.name] = value
    return values


def _plain_name(name: str) -> str:
    """Write a name that officers chose so that a text message can carry it: an alert must not fail on it."""
    words_of_it = " ".join(_LOOKS_LIKE_LINK.sub(" ", name).split())
    return "".join(_in_gsm7(character) for character in words_of_it[:LONGEST_NAME_IN_SMS]).strip()


def _unlinked_name(name: str) -> str:
    """Write a name so that no mail program makes a link of it: whoever may name an office writes no web addresses."""
    return " ".join(_MADE_A_LINK.sub(" ", name).split())


def _in_gsm7(character: str) -> str:
    if septets_of(character) == 1:
        return character
    bare = unicodedata.normalize("NFKD", character)[0]
    return bare if septets_of(bare) == 1 else "?"


def moment(at: datetime, language: Language) -> Moment:
    """Write an instant in Danish local time, with its date."""
    local = at.astimezone(DANISH_TIME)
    month = words.MONTHS[language][local.month - 1]
    match language:
        case Language.DA:
            return Moment(
                short=f"{local:%d.%m.%Y} kl. {local:%H.%M}", long=f"{local.day}. {month} {local:%Y kl. %H.%M}"
            )
        case Language.EN:
            return Moment(
                short=f"{local.day} {month[:3]} {local:%Y} at {local:%H:%M}",
                long=f"{local.day} {month} {local:%Y at %H:%M} (Danish time)",
            )


def _fill(message: Message, name: str, values: Mapping[str, object]) -> str:
    context = _StrictContext(values)
    text = _engine().get_template(f"{message.kind}/{name}").render(context)
    if context.missing:
        raise MessageFault("/".join([message.kind, name]), "the message does not have", *sorted(context.missing))
    if not (filled := text.strip()):
        raise MessageFault("/".join([message.kind, name]), "it is empty")
    return filled


@functools.cache
def _engine() -> Engine:
    folder = Path(settings.BASE_DIR) / "templates" / "messages"
    return Engine(
        dirs=[str(folder)],
        autoescape=False,
        string_if_invalid=_Raising("%s"),
        loaders=[("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"])],
    )
