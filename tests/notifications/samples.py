"""One message of each kind, plain and with everything as long as it may be."""

from datetime import UTC, datetime

from notifications.messages import (
    AUTHENTICATORS,
    BLOCKERS,
    FIELDS,
    STOPPERS,
    ActivationCodeSent,
    AppCopied,
    AuthenticatorActivated,
    AuthenticatorBlocked,
    AuthenticatorReopened,
    AuthenticatorSuspended,
    ChangeConfirmed,
    ChangeRanOut,
    ChangeRequested,
    ChangeStillWaits,
    ChangeStopped,
    CodeIssued,
    ContactCode,
    Heartbeat,
    IdentityBlocked,
    IdentityIssued,
    IdentityReopened,
    Message,
    OfficerActed,
    ReplyBlocked,
    ReplyNotUnderstood,
    ReplyRanOut,
    ReplyStopped,
    ReplyStoppedOnly,
    ReplyTooLate,
    SimultaneousRequests,
    TemporaryPin,
    TextsStopped,
    WrongReplies,
)

AT = datetime(2026, 9, 23, 11, 5, tzinfo=UTC)  # 13.05 in Denmark, a month with a long name
LATER = datetime(2026, 9, 24, 11, 5, tzinfo=UTC)
STOP_ADDRESS = "https://portal.mitid.example/stop/" + "a" * 43 + "/"
LONG_NAME = "Ærøskøbing Kommunes Borgerservice og Bank, afdeling for særlige sager."
ACTS = (
    "looked_up", "told_user_id", "refused_reopening", "first_approval", "gave_up_reopening", "proved_identity",
    "refused_authenticator", "gave_up_authenticator", "sent_temporary_pin", "resynced_device", "replaced_phone",
    "replaced_email", "other", "an_act_without_words",
)  # fmt: skip


def change_requested(field: str = "phone", stop_code: str = "1234") -> ChangeRequested:
    return ChangeRequested(field=field, opens_at=AT, closes_at=LATER, stop_code=stop_code, stop_address=STOP_ADDRESS)


def every_message() -> list[Message]:
    """Every kind with every code that its fields may hold."""
    fields, authenticators = sorted(FIELDS), sorted(AUTHENTICATORS)
    return [
        ContactCode(code="ABCDEF2345WXYZ", minutes=120),
        IdentityIssued(at=AT),
        *(AuthenticatorActivated(authenticator=item, at=AT) for item in authenticators),
        *(AuthenticatorBlocked(authenticator=item, at=AT) for item in authenticators),
        *(AuthenticatorSuspended(authenticator=item, at=AT) for item in authenticators),
        *(AuthenticatorReopened(authenticator=item, at=AT) for item in authenticators),
        AppCopied(at=AT),
        SimultaneousRequests(at=AT),
        *(ActivationCodeSent(authenticator=item, code="ABCDEF2345WXYZ", minutes=30) for item in authenticators),
        TemporaryPin(pin="12345678", minutes=30),
        *(CodeIssued(authenticator=item, at=AT) for item in authenticators),
        *(change_requested(field) for field in fields),
        *(ChangeConfirmed(field=field, at=AT) for field in fields),
        *(ChangeStopped(field=field, by=by) for field in fields for by in sorted(STOPPERS)),
        *(IdentityBlocked(by=by, at=AT) for by in sorted(BLOCKERS)),
        IdentityReopened(at=AT),
        *(OfficerActed(act=act, organisation=LONG_NAME, at=AT) for act in ACTS),
        *(ReplyStopped(field=field, block_code="9876") for field in fields),
        *(ReplyTooLate(field=field, at=AT, block_code="9876") for field in fields),
        *(ReplyRanOut(field=field) for field in fields),
        ReplyBlocked(),
        ReplyNotUnderstood(),
        TextsStopped(at=AT),
        *(ChangeStillWaits(field=field, opens_at=AT) for field in fields),
        *(ReplyStoppedOnly(field=field) for field in fields),
        *(WrongReplies(field=field) for field in fields),
        *(ChangeRanOut(field=field) for field in fields),
        Heartbeat(at=AT),
    ]
