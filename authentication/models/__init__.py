"""Rows of the authentication app."""

from authentication.models.approval_request import ApprovalRequest
from authentication.models.known_browser import KnownBrowser, OpeningCode
from authentication.models.login import Login

__all__ = ["ApprovalRequest", "KnownBrowser", "Login", "OpeningCode"]
