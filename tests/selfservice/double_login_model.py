"""The double login as the rules have it: small enough to be believed, for the machine to play against."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from identities.api import (
    AuthenticatorKind,
    AuthenticatorState,
    AuthenticatorView,
    BlockSource,
    ChangeField,
    ChangeState,
    ConfirmRefusal,
    RequestRefusal,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Wish:
    """What the model knows of a change."""

    field: ChangeField
    value: str
    first_login_id: UUID
    requested_at: datetime
    state: ChangeState = ChangeState.PENDING

    @property
    def opens_at(self) -> datetime:
        return self.requested_at + HOUR

    @property
    def closes_at(self) -> datetime:
        return self.requested_at + HOUR + DAY

    def waits(self, now: datetime) -> bool:
        return self.state is ChangeState.PENDING and now < self.closes_at


@dataclass
class Model:
    """The world as the rules have it."""

    values: dict[ChangeField, str]
    app_suspended_by: BlockSource | None = None
    signed_out_at: datetime | None = None
    is_blocked: bool = False
    wishes: dict[UUID, Wish] = field(default_factory=dict)
    logins: set[UUID] = field(default_factory=set)
    ended: set[UUID] = field(default_factory=set)

    def stands(self, login: Any) -> bool:
        return (
            login.id not in self.ended
            and not self.is_blocked
            and (self.signed_out_at is None or login.at > self.signed_out_at)
        )

    def waiting(self, wanted: ChangeField, now: datetime) -> Wish | None:
        found = [wish for wish in self.wishes.values() if wish.field is wanted and wish.waits(now)]
        return found[0] if found else None

    def refusal(self, wish: Wish, login: Any, now: datetime) -> ConfirmRefusal | None:
        if wish.state is not ChangeState.PENDING:
            return ConfirmRefusal.NOT_PENDING
        if now >= wish.closes_at:
            return ConfirmRefusal.TOO_LATE
        if login.id == wish.first_login_id:
            return ConfirmRefusal.SAME_LOGIN
        if login.at < wish.opens_at:
            return ConfirmRefusal.TOO_EARLY
        is_open = wish.field is ChangeField.REOPENING and self.app_suspended_by is None
        return ConfirmRefusal.NOT_POSSIBLE if is_open else None

    def refusal_to_ask(self, wanted: ChangeField, now: datetime) -> RequestRefusal | None:
        if wanted is ChangeField.AUTHENTICATOR and self.values[wanted]:
            return RequestRefusal.AT_MOST
        if wanted is ChangeField.REOPENING and self.app_suspended_by is not BlockSource.CITIZEN:
            return RequestRefusal.NOT_YOURS_TO_REOPEN
        if self.waiting(wanted, now):
            return RequestRefusal.ALREADY_PENDING
        asked = [one for one in self.wishes.values() if one.field is wanted and one.requested_at > now - 24 * HOUR]
        return RequestRefusal.TOO_MANY_REQUESTS if len(asked) >= 5 else None

    def end_everything(self, now: datetime) -> None:
        self.signed_out_at = now
        for wish in self.wishes.values():
            if wish.state is ChangeState.PENDING:
                wish.state = ChangeState.CANCELLED


def is_live_chip(view: AuthenticatorView) -> bool:
    return view.kind is AuthenticatorKind.CHIP and view.state is not AuthenticatorState.BLOCKED
