"""Reads: what officers see of a citizen's authenticators."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from identities.api import AuthenticatorKind, AuthenticatorState, authenticators_of


@dataclass(frozen=True, kw_only=True)
class AuthenticatorLine:
    """One authenticator; ``label`` is empty as long as it is not proven whose it is."""

    id: UUID
    kind: AuthenticatorKind
    state: AuthenticatorState
    label: str
    activated_at: datetime

    @property
    def is_blocked(self) -> bool:
        """Whether nothing more can be done with it (AUT-1)."""
        return self.state is AuthenticatorState.BLOCKED

    @property
    def is_suspended(self) -> bool:
        """Whether it may come back (BLK-3)."""
        return self.state is AuthenticatorState.SUSPENDED


def authenticator_lines(identity_id: UUID, *, is_proven: bool) -> tuple[AuthenticatorLine, ...]:
    """List a citizen's authenticators; before it is proven who asks, only what can be blocked, by kind and date.

    Rule: SUP-1: somebody who proved nothing may have one blocked, and for that it is enough to tell them apart.
    """
    lines = [
        AuthenticatorLine(
            id=view.id,
            kind=view.kind,
            state=view.state,
            label=view.label if is_proven else "",
            activated_at=view.activated_at,
        )
        for view in authenticators_of(identity_id)
    ]
    return tuple(line for line in lines if is_proven or not line.is_blocked)
