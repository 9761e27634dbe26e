"""A provider in the test's own process, which says and knows what the test wrote down."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from notifications.transports import Accepted, OutgoingSms, PermanentFailure, ProviderReport, TemporaryFailure
from notifications.transports.choice import reading

NAME = "scripted"
OTHER = "spare"


@dataclass
class Script:
    """What the provider answers, in order, and what it was asked; without an answer it says yes."""

    answers: list[Accepted | TemporaryFailure | PermanentFailure] = field(default_factory=list)
    found: list[Accepted | TemporaryFailure | None] = field(default_factory=list)
    reports: dict[str, ProviderReport | TemporaryFailure | None] = field(default_factory=dict)
    sent: list[OutgoingSms] = field(default_factory=list)
    looked_up: list[OutgoingSms] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    taken: list[bool] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None  # happens while it is asked to send


class ScriptedSms:
    """The first provider of the settings."""

    name = NAME
    gives_receipts = True
    script: ClassVar[Script] = Script()

    def send(self, message: OutgoingSms) -> Accepted:
        self.script.sent.append(message)
        self.script.meanwhile()
        answer = self.script.answers.pop(0) if self.script.answers else Accepted(f"{self.name}-{len(self.script.sent)}")
        if isinstance(answer, Accepted):
            return answer
        raise answer

    def find(self, message: OutgoingSms, *, since: datetime, is_taken: Callable[[str], bool]) -> Accepted | None:
        self.script.looked_up.append(message)
        assert since <= message.at
        found = self.script.found.pop(0) if self.script.found else None
        if isinstance(found, TemporaryFailure):
            raise found
        if found is not None:
            self.script.taken.append(is_taken(found.provider_reference))
        return found

    def report_of(self, provider_reference: str) -> ProviderReport | None:
        self.script.asked_for.append(provider_reference)
        report = self.script.reports.get(provider_reference)
        if isinstance(report, TemporaryFailure):
            raise report
        return report


class SpareSms(ScriptedSms):
    """The second, which tells nothing afterwards."""

    name = OTHER
    gives_receipts = False
    script: ClassVar[Script] = Script()


@contextmanager
def scripted(settings: object) -> Iterator[tuple[Script, Script]]:
    """Both providers are what the settings name, with scripts of this test's own."""
    ScriptedSms.script, SpareSms.script = Script(), Script()
    settings.SMS_TRANSPORTS = [  # type: ignore[attr-defined]  # pytest-django's settings take any name
        "tests.notifications.scripted_provider.ScriptedSms",
        "tests.notifications.scripted_provider.SpareSms",
    ]
    reading.forget()
    yield ScriptedSms.script, SpareSms.script
    reading.forget()
