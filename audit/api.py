"""The door to the log: what apps above may call."""

from audit.queries import EventLine, events_about
from audit.rules import Actor, Fact
from audit.sealer import SealPublicKey, SealSignature
from audit.states import ActorKind, EventKind
from audit.steps import record
from audit.usecases.accept_restore import NothingLost, RestoreAccepted, RestoreReason, accept_restore
from audit.usecases.verify import verify_log
from audit.verification.findings import Finding, FindingKind, Verification

__all__ = [
    "Actor",
    "ActorKind",
    "EventKind",
    "EventLine",
    "Fact",
    "Finding",
    "FindingKind",
    "NothingLost",
    "RestoreAccepted",
    "RestoreReason",
    "SealPublicKey",
    "SealSignature",
    "Verification",
    "accept_restore",
    "events_about",
    "record",
    "verify_log",
]
