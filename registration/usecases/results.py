"""Outcomes that several use cases share."""

from dataclasses import dataclass, field
from datetime import datetime

from identities.api import AuthenticatorKind
from registration.rules.case import StepRefusal
from registration.rules.support import SupportRefusal
from registration.states import CaseState


@dataclass(frozen=True)
class StepRefused:
    """This step of a case is not taken now."""

    reason: StepRefusal


@dataclass(frozen=True)
class SupportRefused:
    """This act of support is not done now."""

    reason: SupportRefusal
    tries_left: int = 0
    next_at: datetime | None = None  # when it may be done, where it is known


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a citizen takes home on paper: the code stands there this once (SEC-4). ``serial`` is a device's."""

    kind: AuthenticatorKind
    serial: str | None
    activation_code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class Ended:
    """The case is over."""

    state: CaseState
