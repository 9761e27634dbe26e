"""What the double login's newer fields ask for, as the text that waits sealed (CHG-1)."""

import json
from typing import Any, Final
from uuid import UUID

from identities.states import AuthenticatorKind

NEW_ONES: Final = frozenset({AuthenticatorKind.APP, AuthenticatorKind.CHIP})  # a code device is handed out in person


def wanted_authenticator(value: str) -> tuple[AuthenticatorKind, dict[str, Any]]:
    """Give the kind of a new authenticator, and what it comes with (a chip's credential).

    Raises: ValueError for anything that no page of ours asks for.
    """
    wanted = _object(value)
    kind = AuthenticatorKind(str(wanted.pop("kind", "")))
    if kind not in NEW_ONES:
        raise ValueError("No authenticator that a citizen gets without going anywhere.", kind.value)
    return kind, wanted


def wanted_reopening(value: str) -> tuple[AuthenticatorKind, UUID]:
    """Give the kind and the id of what is to be reopened. Raises: ValueError."""
    wanted = _object(value)
    return AuthenticatorKind(str(wanted.get("kind"))), _id(wanted.get("id"))


def wanted_copy(value: str) -> UUID:
    """Give the id of the app that is to be copied. Raises: ValueError."""
    return _id(_object(value).get("app"))


def _object(value: str) -> dict[str, Any]:
    return dict(json.loads(value))


def _id(value: object) -> UUID:
    return UUID(str(value))
