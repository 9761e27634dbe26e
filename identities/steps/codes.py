"""Activation codes: made for one authenticator, tried, and killed (SEC-4)."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from hsm.api import verifier, verifier_matches
from identities import sealing
from identities.models import ActivationCode, CodeDevice, Identity
from identities.rules.codes import (
    ACTIVATION_ALPHABET,
    ACTIVATION_LASTS,
    ACTIVATION_LENGTH,
    ACTIVATION_NUMBER_LENGTH,
    ACTIVATION_TRIES,
    activation_code_is_usable,
    split_activation_code,
)
from identities.rules.halves import APART_FOR, other_halves
from identities.rules.user_id import folded
from identities.states import ActivationCodeState, AssuranceLevel, AuthenticatorKind, CodeCarrier
from identities.steps.guard import assert_in_transaction
from identities.steps.locking import locked_active_identity


@dataclass(frozen=True)
class MadeCode:
    """A code, in the clear this once: fourteen characters, of which the first six are its number."""

    id: UUID
    text: str
    expires_at: datetime


def make_activation_code(
    *,
    identity: Identity,
    kind: AuthenticatorKind,
    carrier: CodeCarrier,
    enrolled_level: AssuranceLevel,
    now: datetime,
    device: CodeDevice | None = None,
) -> MadeCode:
    """Give a locked identity a code for one authenticator; the one it had for that kind is dead.

    ``enrolled_level`` is the most that the authenticator will reach (LVL-2).

    Rule:   SEC-4.
    Writes: ActivationCode.
    """
    assert_in_transaction()
    kill_activation_codes(identity_id=identity.id, kind=kind)
    if device is not None:
        _open_codes().filter(device=device).update(state=ActivationCodeState.DEAD)
    number, secret = (_drawn(length) for length in (ACTIVATION_NUMBER_LENGTH, ACTIVATION_LENGTH))
    row = ActivationCode(
        identity=identity,
        kind=kind,
        device=device,
        number=number,
        enrolled_level=enrolled_level,
        carrier=carrier,
        issued_at=now,
        expires_at=now + ACTIVATION_LASTS[carrier],
    )
    row.code_verifier = verifier(secret, purpose=sealing.ACTIVATION_CODE, bound_to=row.id)
    row.save(force_insert=True)
    return MadeCode(id=row.id, text=f"{number}{secret}", expires_at=row.expires_at)


def locked_holder_of_code(*, user_id: str, kinds: Collection[AuthenticatorKind], typed: str) -> Identity | None:
    """Hold the active identity that has a user ID and an open code of the number that was typed; None without both.

    Rule:  TRY-2: whoever has no such code is answered without a look at the identity, which nobody has none of: to
           lock and read it took a fiftieth of the answer's time.
    Locks: the identity's row.
    """
    assert_in_transaction()
    number, _secret = split_activation_code(typed)
    is_there = ActivationCode.objects.filter(
        identity__user_id_folded=folded(user_id),
        kind__in=sorted(kinds),
        number=number,
        state=ActivationCodeState.OPEN,
    ).exists()
    return locked_active_identity(user_id) if is_there else None


def numbered_code(*, identity: Identity, kind: AuthenticatorKind, typed: str) -> ActivationCode | None:
    """Find and lock the open code whose number was typed; anything else is no try of it (TRY-2).

    Locks: the code's row.
    """
    assert_in_transaction()
    number, _secret = split_activation_code(typed)
    return (
        ActivationCode.objects.select_for_update()
        .filter(identity=identity, kind=kind, number=number, state=ActivationCodeState.OPEN)
        .first()
    )


def is_usable(code: ActivationCode, *, now: datetime) -> bool:
    """Tell whether a locked code may be tried at all."""
    return activation_code_is_usable(state=ActivationCodeState(code.state), expires_at=code.expires_at, now=now)


def code_opens(code: ActivationCode, *, typed: str) -> bool:
    """Tell whether ``typed`` is a locked code that may be tried; a wrong one counts, and the third kills it.

    Rule:   SEC-4.
    Writes: ActivationCode.
    """
    assert_in_transaction()
    _number, secret = split_activation_code(typed)
    if verifier_matches(secret, bytes(code.code_verifier), purpose=sealing.ACTIVATION_CODE, bound_to=code.id):
        return True
    code.wrong_tries += 1
    if code.wrong_tries >= ACTIVATION_TRIES:
        code.state = ActivationCodeState.DEAD
    code.save(update_fields=["wrong_tries", "state"])
    return False


def use_code(code: ActivationCode, *, now: datetime) -> None:
    """Spend a locked code: it opens nothing any more."""
    assert_in_transaction()
    code.state, code.used_at = ActivationCodeState.USED, now
    code.save(update_fields=["state", "used_at"])


def has_other_half(identity: Identity, kind: AuthenticatorKind, carrier: CodeCarrier, *, now: datetime) -> bool:
    """Tell whether a locked identity has, over the same carrier, a code that would make a log-in whole with this one.

    Rule: SEC-4, SEC-5: one that can be typed now, or one that something was enrolled with in the last 120 hours.
    """
    halves = ActivationCode.objects.filter(
        identity=identity, carrier=carrier, kind__in=[half.value for half in sorted(other_halves(kind, carrier))]
    )
    is_open = Q(state=ActivationCodeState.OPEN, expires_at__gt=now)
    return halves.filter(is_open | Q(state=ActivationCodeState.USED, used_at__gt=now - APART_FOR)).exists()


def kill_activation_codes(*, identity_id: UUID, kind: AuthenticatorKind | None = None) -> None:
    """Make an identity's open codes worthless, all of them or those of one kind."""
    assert_in_transaction()
    codes = _open_codes().filter(identity_id=identity_id)
    (codes if kind is None else codes.filter(kind=kind)).update(state=ActivationCodeState.DEAD)


def _open_codes() -> QuerySet[ActivationCode]:
    return ActivationCode.objects.filter(state=ActivationCodeState.OPEN)


def _drawn(length: int) -> str:
    return "".join(secrets.choice(ACTIVATION_ALPHABET) for _ in range(length))
