"""A log-in of two halves is not made by two codes that come the same way (SEC-4, SEC-5, ADR 0111)."""

from datetime import timedelta
from typing import Final

from identities.states import (
    CODE_DEVICES,
    AuthenticatorKind,
    BlockSource,
    CodeCarrier,
    PasswordState,
)

APART_FOR: Final = timedelta(hours=120)  # as long as SEC-7 gives whoever lost a phone number to notice
NEVER_BY_SMS: Final = frozenset({AuthenticatorKind.APP, AuthenticatorKind.CHIP})
MAKE_A_PASSWORD: Final = CODE_DEVICES | {AuthenticatorKind.PASSWORD}


def other_halves(kind: AuthenticatorKind, carrier: CodeCarrier) -> frozenset[AuthenticatorKind]:
    """Give the kinds whose code over the same carrier would, beside one for ``kind``, make a whole log-in.

    Rule: SEC-4, SEC-5. A chip opens with a password, and so its code on paper stays apart from all that makes one. By
          SMS a code device's and a password's stay apart; on paper they are one hand-out, which takes the device.
    """
    if carrier is CodeCarrier.SCREEN or kind is AuthenticatorKind.APP:
        return frozenset()
    if kind is AuthenticatorKind.CHIP:
        return MAKE_A_PASSWORD
    if carrier is CodeCarrier.PAPER:
        return frozenset({AuthenticatorKind.CHIP})
    return CODE_DEVICES if kind is AuthenticatorKind.PASSWORD else frozenset({AuthenticatorKind.PASSWORD})


def takes_the_place_of_a_password(
    *, carrier: CodeCarrier, state: PasswordState | None, suspended_by: BlockSource | None
) -> bool:
    """Tell whether the password chosen with a code device becomes the identity's; ``state`` is that of the one before.

    Rule: SEC-4: a code is for one authenticator; on paper it came with the device, out of one pair of hands. AUT-1: a
          blocked one has a code of its own. BLK-3: what others suspended stays so.
    """
    if state is None:
        return True
    return carrier is CodeCarrier.PAPER and may_be_chosen_anew(state=state, suspended_by=suspended_by)


def may_be_chosen_anew(*, state: PasswordState, suspended_by: BlockSource | None) -> bool:
    """Tell whether a password is neither blocked nor suspended by somebody else than its citizen (BLK-3)."""
    is_own_wish = state is PasswordState.SUSPENDED and suspended_by is BlockSource.CITIZEN
    return state is PasswordState.ACTIVE or is_own_wish
