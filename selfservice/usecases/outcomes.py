"""What several acts come to."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class LoginEnded:
    """Nothing was written: a block or a sign-out ended the login before the act began."""


@dataclass(frozen=True, kw_only=True)
class NewContact:
    """A new phone or e-mail, as the proof that a code was sent to it and the code that was typed back."""

    proof_id: UUID
    code: str


@dataclass(frozen=True, kw_only=True)
class NewUserId:
    """A new user ID as typed."""

    user_id: str


@dataclass(frozen=True, kw_only=True)
class NewValue:
    """What another field is to become, in the form that ``identities.api.create_change`` takes."""

    value: str = field(repr=False)
