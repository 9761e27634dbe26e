"""Outcomes that several use cases share."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Ended:
    """The case is over."""

    state: CaseState
