"""How many authenticators of a kind an identity may hold (AUT-1), and who may reopen one (BLK-3)."""

from typing import Final

from identities.states import CODE_DEVICES, AuthenticatorKind, AuthenticatorState, BlockSource

AT_MOST: Final = {  # AUT-1
    AuthenticatorKind.APP: 3,
    AuthenticatorKind.CODE_DISPLAY: 1,
    AuthenticatorKind.AUDIO_READER: 1,
    AuthenticatorKind.CHIP: 1,
    AuthenticatorKind.PASSWORD: 1,
}
REPLACED_BY_A_NEW_ONE: Final = CODE_DEVICES | {AuthenticatorKind.PASSWORD}


def is_at_most(kind: AuthenticatorKind, *, held: int) -> bool:
    """Tell whether an identity that holds ``held`` of a kind may have no further one beside them.

    Rule: AUT-1. Suspended ones count: they may come back. A new code device or password takes the old one's place,
          so that there is always room for it.
    """
    return kind not in REPLACED_BY_A_NEW_ONE and held >= AT_MOST[kind]


def may_reopen_alone(*, state: AuthenticatorState, suspended_by: BlockSource | None) -> bool:
    """Tell whether its citizen may reopen an authenticator through the double login.

    Rule: BLK-3: only what the citizen alone suspended. AUT-1: nothing that is blocked.
    """
    return state is AuthenticatorState.SUSPENDED and suspended_by is BlockSource.CITIZEN


def who_keeps_suspended(*, before: BlockSource | None, asks: BlockSource) -> BlockSource:
    """Give who is on record when a suspension is asked for, perhaps on top of another's.

    Rule: BLK-3: the citizen's own wish never covers up somebody else's.
    """
    return asks if before is None or before is BlockSource.CITIZEN else before
