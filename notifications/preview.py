"""Every message as it would go out, with made-up values: for the people who write the texts."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import product
from typing import Any, Final

from django.conf import settings

from notifications import words
from notifications.messages import AUTHENTICATORS, BLOCKERS, BY_KIND, FIELDS, STOPPERS, IdentityBlocked, Message
from notifications.rendering import LONGEST_SUBJECT, MessageFault, Rendered, render
from notifications.rules.gsm7 import ONE_PART_SEPTETS, septets_of
from notifications.states import Channel, Language, MessageKind
from notifications.transports.email_content import html_of

AT: Final = datetime(2026, 9, 23, 11, 5, tzinfo=UTC)  # 13.05 in Denmark, in a month with a long name
UNTIL: Final = datetime(2026, 9, 24, 11, 5, tzinfo=UTC)
LONG_CODE: Final = "ABCDEF2345WXYZ"
LONG_NAME: Final = "Ærøskøbing Kommunes Borgerservice og Bank, afdeling for særlige sager."
TOKEN: Final = "x" * 32  # as long as the one in the address of a real page


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A message in one channel and language.

    ``fault`` tells what keeps it from being sent, and then there are no words: while a text is being written, that is
    what its author has to know.

    Units: ``septets`` of GSM-7, for a text message alone.
    """

    kind: MessageKind
    channel: Channel
    language: Language
    subject: str | None = None
    body: str = ""
    html: str | None = None
    septets: int | None = None
    fault: str | None = None
    most_septets: int = ONE_PART_SEPTETS
    longest_subject: int = LONGEST_SUBJECT

    @property
    def subject_length(self) -> int | None:
        """The characters of the subject; None for a text message."""
        return None if self.subject is None else len(self.subject)


def previews(*, kind: MessageKind | None = None, language: Language | None = None) -> list[Preview]:
    """Give every message, or those of one kind, in every channel, in both languages or in one.

    A kind whose words depend on a code (which field, which authenticator, who blocked) is shown with the codes that
    make it longest, and with the fault of any of them: what fits here fits always.

    Rule: ALR-3.
    """
    return [
        _preview(one_kind, channel, one_language)
        for one_kind in (MessageKind if kind is None else [kind])
        for channel in Channel
        for one_language in (Language if language is None else [language])
    ]


def _preview(kind: MessageKind, channel: Channel, language: Language) -> Preview:
    try:
        every = [render(sample, channel=channel, language=language) for sample in samples_of(kind)]
    except MessageFault as fault:
        return Preview(kind=kind, channel=channel, language=language, fault=str(fault))
    longest = max(every, key=_length)
    subject, body = longest.subject, longest.body
    return Preview(
        kind=kind,
        channel=channel,
        language=language,
        subject=subject,
        body=body,
        html=html_of(subject=subject, text=body, language=language) if channel is Channel.EMAIL and subject else None,
        septets=septets_of(body) if channel is Channel.SMS else None,
    )


def _length(rendered: Rendered) -> int:
    return len(rendered.subject or "") + (septets_of(rendered.body) or len(rendered.body))


def samples_of(kind: MessageKind) -> list[Message]:
    """Give a message of a kind for each code that its fields may hold, everything else as long as it may be."""
    message = BY_KIND[kind]
    names = [field.name for field in fields(message)]
    choices = [_samples_of_field(message, name) for name in names]
    return [message(**dict(zip(names, values, strict=True))) for values in product(*choices)]


def _samples_of_field(message: type[Message], name: str) -> list[Any]:
    blockers_or_stoppers = BLOCKERS if message is IdentityBlocked else STOPPERS
    samples: dict[str, list[Any]] = {
        "act": words.codes("act"),
        "at": [AT],
        "authenticator": sorted(AUTHENTICATORS),
        "block_code": ["9876"],
        "by": sorted(blockers_or_stoppers),
        "closes_at": [UNTIL],
        "code": [LONG_CODE],
        "field": sorted(FIELDS),
        "minutes": [120],
        "opens_at": [AT],
        "organisation": [LONG_NAME],
        "pin": ["12345678"],
        "stop_address": [f"{settings.PUBLIC_ADDRESS.rstrip('/')}/stop/{TOKEN}/"],
        "stop_code": ["1234"],
    }
    return samples[name]
