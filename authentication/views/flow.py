"""What the steps of a log-in keep in the browser's session: the request's id, the way, and where to go afterwards."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from authentication.states import Door, LoginRefusal
from authentication.texts import START_OVER
from identities.api import AssuranceLevel, AuthenticatorKind

REQUEST_KEY = "login_request_id"
DOOR_KEY = "login_door"
NEXT_KEY = "login_next"
WAY_KEY = "login_way"
LEVEL_KEY = "login_level"
LOGIN_PAGES = {Door.PORTAL: "authentication:log-in", Door.BACKOFFICE: "authentication:officer-log-in"}
WAY_PAGES = {
    AuthenticatorKind.APP: "authentication:app",
    AuthenticatorKind.CODE_DISPLAY: "authentication:code",
    AuthenticatorKind.AUDIO_READER: "authentication:code",
    AuthenticatorKind.CHIP: "authentication:chip",
}

FIRST_STEPS: Final[list[Promise]] = [_("User ID"), _("App, code or chip")]
CODE_STEPS: Final[list[Promise]] = [_("User ID"), _("Code"), _("Password")]
STEPS: Final[dict[AuthenticatorKind, list[Promise]]] = {
    AuthenticatorKind.APP: [_("User ID"), _("App")],
    AuthenticatorKind.CODE_DISPLAY: CODE_STEPS,
    AuthenticatorKind.AUDIO_READER: CODE_STEPS,
    AuthenticatorKind.CHIP: [_("User ID"), _("Chip"), _("Password")],
}


def keep_request(
    request: HttpRequest, *, request_id: UUID, door: Door, level: AssuranceLevel, next_address: str
) -> None:
    """Note which log-in this browser is in the middle of, in a session of a new name.

    What the browser brought may have been put there by somebody who shares it, and would come for the app's answer.
    """
    request.session.cycle_key()
    request.session[REQUEST_KEY] = str(request_id)
    request.session[DOOR_KEY] = door.value
    request.session[LEVEL_KEY] = level.name
    is_path = next_address.startswith("/")  # else it might be taken for the name of a page
    is_ours = is_path and url_has_allowed_host_and_scheme(
        next_address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    request.session[NEXT_KEY] = next_address if is_ours else ""


def kept_request_id(request: HttpRequest) -> UUID | None:
    """Give the log-in that this browser is in the middle of."""
    value = request.session.get(REQUEST_KEY)
    return UUID(value) if value else None


def kept_door(request: HttpRequest) -> Door:
    """Give the door that this browser is on its way through."""
    return Door(request.session.get(DOOR_KEY, Door.PORTAL.value))


def kept_level(request: HttpRequest) -> AssuranceLevel:
    """Give the level that this browser's log-in is to reach."""
    return AssuranceLevel[request.session.get(LEVEL_KEY, AssuranceLevel.SUBSTANTIAL.name)]


def keep_way(request: HttpRequest, way: AuthenticatorKind) -> None:
    """Note with what this browser's visitor logs in."""
    request.session[WAY_KEY] = way.value


def kept_way(request: HttpRequest) -> AuthenticatorKind:
    """Give with what this browser's visitor logs in."""
    return AuthenticatorKind(request.session.get(WAY_KEY, AuthenticatorKind.CODE_DISPLAY.value))


def start_over(request: HttpRequest, reason: LoginRefusal) -> HttpResponse:
    """Send the browser back to the first step, and say why."""
    door = kept_door(request)
    request.session.pop(REQUEST_KEY, None)
    messages.error(request, str(START_OVER[reason]))
    return redirect(LOGIN_PAGES[door])
