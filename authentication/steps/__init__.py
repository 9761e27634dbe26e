"""Writes that a use case composes into its own transaction."""

from authentication.steps.logins import end_login, end_other_logins, locked_identity_of

__all__ = ["end_login", "end_other_logins", "locked_identity_of"]
