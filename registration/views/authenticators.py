"""How a citizen's authenticators stand on officers' pages."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from mitid_portal.times import danish_time
from registration import texts
from registration.authenticator_lines import AuthenticatorLine
from registration.texts import Text


@dataclass(frozen=True)
class AuthenticatorEntry:
    """An authenticator in a list; an address is empty where there is nothing to do."""

    name: str
    state: Text
    block_url: str
    reopen_url: str = ""


def line_in(lines: Iterable[AuthenticatorLine], *, kind: str, pk: UUID) -> AuthenticatorLine | None:
    """Find one that is not blocked among those that a page shows."""
    open_lines = (line for line in lines if not line.is_blocked)
    return next((line for line in open_lines if line.kind.value == kind and line.id == pk), None)


def name_of(line: AuthenticatorLine) -> str:
    """Tell one authenticator from another: kind, serial number or phone where it may be seen, and since when."""
    label = texts.PLATFORMS.get(line.label, line.label)
    kind = texts.AUTHENTICATORS[line.kind]
    return _("%(what)s, activated %(time)s") % {
        "what": f"{kind}, {label}" if label else str(kind),
        "time": danish_time(line.activated_at),
    }


def entries(
    lines: Iterable[AuthenticatorLine], *, block_at: str, reopen_at: str = "", **kwargs: UUID
) -> list[AuthenticatorEntry]:
    """Give the list of a page, with the addresses at which each is blocked and, where that is done, reopened."""

    def url(name: str, line: AuthenticatorLine) -> str:
        return reverse(name, kwargs={**kwargs, "kind": line.kind.value, "authenticator_id": line.id})

    return [
        AuthenticatorEntry(
            name=name_of(line),
            state=texts.AUTHENTICATOR_STATES[line.state],
            block_url="" if line.is_blocked else url(block_at, line),
            reopen_url=url(reopen_at, line) if reopen_at and line.is_suspended else "",
        )
        for line in lines
    ]
