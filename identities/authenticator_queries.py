"""Reads: what an identity is opened with, of whatever kind."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Coalesce

from audit.api import FixedValues
from identities.models import App, Chip, CodeDevice, PasswordFactor
from identities.states import CODE_DEVICES, AssuranceLevel, AuthenticatorKind, AuthenticatorState, BlockSource

ALL: Final = frozenset(AuthenticatorKind)


@dataclass(frozen=True, kw_only=True)
class AuthenticatorView:
    """One authenticator as its owner may see it.

    ``id`` is the row's own, a password's the identity's. ``label`` is a serial number, what an app runs on, or
    nothing. ``enrolled_level`` is the most it reaches (LVL-2). ``paused_until`` may lie behind.
    """

    id: UUID
    kind: AuthenticatorKind
    state: AuthenticatorState
    label: str
    enrolled_level: AssuranceLevel
    activated_at: datetime
    paused_until: datetime | None
    last_used_at: datetime | None
    blocked_at: datetime | None
    suspended_by: BlockSource | None


def authenticators_of(identity_id: UUID, *, kinds: Collection[AuthenticatorKind] = ALL) -> list[AuthenticatorView]:
    """List everything that opens or opened an identity: what is not blocked first, the newest first in each part.

    Only where one of ``kinds`` may stand is looked.
    """
    views: list[AuthenticatorView] = []
    if AuthenticatorKind.APP in kinds:
        views += [app_view(row) for row in App.objects.filter(identity_id=identity_id)]
    if AuthenticatorKind.CHIP in kinds:
        views += [chip_view(row) for row in Chip.objects.filter(identity_id=identity_id)]
    if not CODE_DEVICES.isdisjoint(kinds):
        rows = CodeDevice.objects.filter(user_id=identity_id)
        views += [view for view in map(device_view, rows) if view.kind in kinds]
    if AuthenticatorKind.PASSWORD in kinds:
        views += [password_view(row) for row in PasswordFactor.objects.filter(pk=identity_id)]
    newest_first = sorted(views, key=lambda view: (view.activated_at, view.kind), reverse=True)
    return sorted(newest_first, key=lambda view: view.state is AuthenticatorState.BLOCKED)


def live_authenticators_of(
    identity_id: UUID, *, kinds: Collection[AuthenticatorKind] = ALL, now: datetime
) -> list[AuthenticatorView]:
    """List what opens an identity now: neither suspended nor blocked nor paused (TRY-1).

    A code device is paused for one source only, which this does not ask.
    """
    return [
        view
        for view in authenticators_of(identity_id, kinds=kinds)
        if view.state is AuthenticatorState.ACTIVE and not (view.paused_until and now < view.paused_until)
    ]


def kind_used_last(subject: UUID, *, kinds: Collection[AuthenticatorKind], now: datetime) -> AuthenticatorKind | None:
    """Give the kind among ``kinds`` that opened an identity last, of what opens it now; else the newest of them.

    One statement whatever somebody has, of which nothing but the kind is read: what stands for nobody takes as long.

    Rule: TRY-2.
    """
    return next((AuthenticatorKind(way) for way, _ in _WAYS.rows(subject, now) if way in kinds), None)


def _newest_way_first(subject: UUID, now: datetime) -> QuerySet[Any]:
    active, used_at = AuthenticatorState.ACTIVE.value, Coalesce("last_used_at", "activated_at")
    app, chip = (Value(way.value, TextField()) for way in (AuthenticatorKind.APP, AuthenticatorKind.CHIP))
    of_each: list[QuerySet[Any]] = [
        App.objects.filter(identity_id=subject, state=active).exclude(paused_until__gt=now).annotate(way=app),
        Chip.objects.filter(identity_id=subject, state=active).annotate(way=chip),
        CodeDevice.objects.filter(user_id=subject, state=active).annotate(way=F("kind")),
    ]
    first, *others = (rows.annotate(used_at=used_at).values_list("way", "used_at") for rows in of_each)
    newest_first: QuerySet[Any] = first.union(*others, all=True).order_by("-used_at")
    return newest_first


_WAYS: Final = FixedValues(_newest_way_first, UUID, datetime)


def authenticator_of(identity_id: UUID, *, kind: AuthenticatorKind, authenticator_id: UUID) -> AuthenticatorView | None:
    """Find one of an identity's own authenticators; someone else's is as good as none."""
    own = (view for view in authenticators_of(identity_id, kinds={kind}) if view.id == authenticator_id)
    return next(own, None)


def authenticators_held(identity_id: UUID, kind: AuthenticatorKind) -> int:
    """Count what an identity holds of a kind and is not blocked (AUT-1)."""
    held = authenticators_of(identity_id, kinds={kind})
    return sum(view.state is not AuthenticatorState.BLOCKED for view in held)


def app_view(row: App) -> AuthenticatorView:
    """Give an app's row as a value."""
    return AuthenticatorView(
        id=row.id,
        kind=AuthenticatorKind.APP,
        state=AuthenticatorState(row.state),
        label=row.platform,
        enrolled_level=AssuranceLevel(row.enrolled_level),
        activated_at=row.activated_at,
        paused_until=row.paused_until,
        last_used_at=row.last_used_at,
        blocked_at=row.blocked_at,
        suspended_by=_source(row.suspended_by),
    )


def chip_view(row: Chip) -> AuthenticatorView:
    """Give a chip's row as a value."""
    return AuthenticatorView(
        id=row.id,
        kind=AuthenticatorKind.CHIP,
        state=AuthenticatorState(row.state),
        label="",
        enrolled_level=AssuranceLevel(row.enrolled_level),
        activated_at=row.activated_at,
        paused_until=None,
        last_used_at=row.last_used_at,
        blocked_at=row.blocked_at,
        suspended_by=_source(row.suspended_by),
    )


def device_view(row: CodeDevice) -> AuthenticatorView:
    """Give the row of a code device that belongs to somebody as a value. Raises: ValueError when it does not."""
    if row.activated_at is None or row.enrolled_level is None:
        raise ValueError("A device that belongs to nobody is no authenticator.")
    return AuthenticatorView(
        id=row.uuid,
        kind=AuthenticatorKind(row.kind),
        state=AuthenticatorState(row.state),
        label=row.serial,
        enrolled_level=AssuranceLevel(row.enrolled_level),
        activated_at=row.activated_at,
        paused_until=None,
        last_used_at=row.last_used_at,
        blocked_at=row.blocked_at,
        suspended_by=_source(row.suspended_by),
    )


def password_view(row: PasswordFactor) -> AuthenticatorView:
    """Give a password's row as a value; alone it reaches LOW."""
    return AuthenticatorView(
        id=row.identity_id,
        kind=AuthenticatorKind.PASSWORD,
        state=AuthenticatorState(row.state),
        label="",
        enrolled_level=AssuranceLevel.LOW,
        activated_at=row.chosen_at,
        paused_until=row.paused_until,
        last_used_at=row.last_used_at,
        blocked_at=row.blocked_at,
        suspended_by=_source(row.suspended_by),
    )


def _source(value: str | None) -> BlockSource | None:
    return BlockSource(value) if value else None
