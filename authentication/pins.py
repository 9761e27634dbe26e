"""What the judgement of a PIN means for the one who typed it."""

from typing import Final

from authentication.states import DecisionRefusal
from identities.api import PinOutcome

REFUSALS: Final = {
    PinOutcome.ACCEPTED: None,
    PinOutcome.WRONG: DecisionRefusal.WRONG_PIN,
    PinOutcome.PAUSED: DecisionRefusal.PAUSED,
    PinOutcome.BLOCKED: DecisionRefusal.BLOCKED,
}


def refusal_of_pin_outcome(outcome: PinOutcome) -> DecisionRefusal | None:
    """Give why an app's answer is not taken; ``None`` when the PIN was accepted."""
    return REFUSALS[outcome]
