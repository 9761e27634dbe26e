"""What everybody does alike: log in and out, at either door."""

from mitid_portal.demo.walkthrough.demo_side import DemoSide
from mitid_portal.demo.walkthrough.page import Page
from mitid_portal.demo.walkthrough.visitor import Visitor

PORTAL = "/profile/"
BACKOFFICE = "/backoffice/"
UNPROCESSABLE = 422


def log_in(visitor: Visitor, demo: DemoSide, *, door: str, user_id: str, serial: str, password: str) -> Page:
    """Go to a page behind the door, and through the three steps of the log-in that stands before it."""
    visitor.go(door)
    visitor.send(user_id=user_id)
    visitor.send(code=demo.fresh_code(serial))
    visitor.send(password=password)
    if visitor.page.form("password") or visitor.page.form("code") or visitor.page.form("user_id", button="Continue"):
        raise visitor.stuck("to be logged in")
    return visitor.page


def log_out(visitor: Visitor) -> Page:
    """Press the button in the header."""
    visitor.send(button="Log out", action="log-out")
    return visitor.expect("You are logged out")


def cannot_log_in(visitor: Visitor, demo: DemoSide, *, user_id: str, serial: str, password: str) -> Page:
    """See that a right code and a right password open nothing for a blocked identity."""
    visitor.go(PORTAL)
    visitor.send(user_id=user_id)
    visitor.send(code=demo.fresh_code(serial))
    visitor.send(password=password)
    visitor.expect("blocked")
    visitor.go(PORTAL)
    return visitor.expect_at("log-in")
