"""The door to the log: what apps above may call."""

from audit.queries import EventLine, events_about
from audit.rules import Actor, Fact
from audit.sealer import SealSignature
from audit.states import ActorKind, EventKind
from audit.steps import record

__all__ = ["Actor", "ActorKind", "EventKind", "EventLine", "Fact", "SealSignature", "events_about", "record"]
