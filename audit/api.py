"""The door to the log: what apps above may call."""

from audit.fixed import FixedQuery, FixedValues, put_back, put_in
from audit.genuine import objection_to_end
from audit.grants import objection_to_role
from audit.prepared import prepared_cursor
from audit.queries import EventLine, SealState, events_about, seal_state
from audit.rules import Actor, Fact
from audit.sealer import SealPublicKey, SealSignature
from audit.search import (
    EventKey,
    LogLine,
    SealLine,
    VerificationLine,
    event_by_key,
    latest_seals,
    latest_verifications,
    neighbours_of,
    search_events,
)
from audit.states import ActorKind, EventKind
from audit.steps import record
from audit.usecases.accept_restore import NothingLost, RestoreAccepted, RestoreReason, accept_restore
from audit.usecases.verify import verify_log
from audit.verification.findings import Finding, FindingKind, Verification

__all__ = [
    "Actor",
    "ActorKind",
    "EventKey",
    "EventKind",
    "EventLine",
    "Fact",
    "Finding",
    "FindingKind",
    "FixedQuery",
    "FixedValues",
    "LogLine",
    "NothingLost",
    "RestoreAccepted",
    "RestoreReason",
    "SealLine",
    "SealPublicKey",
    "SealSignature",
    "SealState",
    "Verification",
    "VerificationLine",
    "accept_restore",
    "event_by_key",
    "events_about",
    "latest_seals",
    "latest_verifications",
    "neighbours_of",
    "objection_to_end",
    "objection_to_role",
    "prepared_cursor",
    "put_back",
    "put_in",
    "record",
    "seal_state",
    "search_events",
    "verify_log",
]
