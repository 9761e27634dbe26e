"""Rows of the authentication app."""

from authentication.models.login import Login
from authentication.models.login_request import LoginRequest

__all__ = ["Login", "LoginRequest"]
