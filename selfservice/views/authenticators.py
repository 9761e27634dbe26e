"""All that a citizen opens their identity with, and what can be done about each."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from authentication.api import CitizenPage
from identities.api import (
    CODE_DEVICES,
    AuthenticatorKind,
    AuthenticatorState,
    AuthenticatorView,
    ChangeField,
    ChangeView,
    authenticators_of,
    is_at_most,
    may_reopen_alone,
    pending_changes_of,
)
from mitid_portal.times import danish_time
from selfservice.authenticator_texts import KIND_NAMES, LEVEL_NAMES, STATE_NAMES, SUSPENDED_BY, name_of
from selfservice.texts import CHANGE_TITLES
from selfservice.views.rows import Row

ADDED_HERE: Final = (
    (AuthenticatorKind.APP, "selfservice:add-app"),
    (AuthenticatorKind.CHIP, "selfservice:add-chip"),
)
FIELDS: Final = frozenset(
    {ChangeField.PASSWORD, ChangeField.AUTHENTICATOR, ChangeField.REOPENING, ChangeField.APP_COPY}
)


class AuthenticatorsPage(CitizenPage):
    """Every authenticator, those that are blocked last (SLF-1, AUT-1)."""

    template_name = "selfservice/authenticators.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page."""
        owned = authenticators_of(self.identity_id)
        standing = [view for view in owned if view.state is not AuthenticatorState.BLOCKED]
        pending = pending_changes_of(self.identity_id, now=self.now)
        context = self.get_context_data(
            cards=[self._card(view) for view in standing],
            blocked=[
                {"name": name_of(view), "at": view.blocked_at}
                for view in owned
                if view.state is AuthenticatorState.BLOCKED
            ],
            has_password=any(view.kind is AuthenticatorKind.PASSWORD for view in owned),
            additions=[_addition(kind, page, standing) for kind, page in ADDED_HERE],
            changes=[_change_link(change) for change in pending if change.field in FIELDS],
        )
        return self.render_to_response(context)

    def _card(self, view: AuthenticatorView) -> dict[str, object]:
        name = name_of(view)
        return {"name": name, "rows": self._rows(view), "acts": _acts(view)}

    def _rows(self, view: AuthenticatorView) -> list[Row]:
        rows = [Row(label=_("State"), value=_state(view))]
        if view.paused_until and self.now < view.paused_until:
            rows.append(Row(label=_("Paused until"), value=danish_time(view.paused_until)))
        if view.kind is AuthenticatorKind.PASSWORD:
            return [*rows, Row(label=_("Chosen"), value=danish_time(view.activated_at))]
        return [
            *rows,
            Row(label=_("Activated"), value=danish_time(view.activated_at)),
            Row(label=_("Last used"), value=danish_time(view.last_used_at) or _("Never")),
            Row(label=_("Level"), value=LEVEL_NAMES[view.enrolled_level]),
        ]


def _state(view: AuthenticatorView) -> str:
    return str(SUSPENDED_BY[view.suspended_by] if view.suspended_by else STATE_NAMES[view.state])


def _acts(view: AuthenticatorView) -> list[dict[str, str]]:
    """List what may be asked of one that is not blocked: always less of it, and more only where it is the citizen's."""
    acts = []
    if may_reopen_alone(state=view.state, suspended_by=view.suspended_by):
        acts.append({"label": _("Reopen"), "url": _address("reopen", view)})
    if view.state is AuthenticatorState.ACTIVE:
        if view.kind is AuthenticatorKind.PASSWORD:
            acts.append({"label": _("Change the password"), "url": reverse("selfservice:change-password")})
        if view.kind in CODE_DEVICES:
            acts.append({"label": _("Set the clock right"), "url": _address("resync", view)})
        acts.append({"label": _("Suspend"), "url": _address("suspend", view)})
    return [*acts, {"label": _("Block"), "url": _address("block", view)}]


def _address(act: str, view: AuthenticatorView) -> str:
    return reverse(f"selfservice:{act}-authenticator", kwargs={"kind": view.kind.value, "authenticator_id": view.id})


def _addition(kind: AuthenticatorKind, page: str, standing: list[AuthenticatorView]) -> dict[str, object]:
    held = sum(view.kind is kind for view in standing)
    return {"kind": kind.value, "name": KIND_NAMES[kind], "url": "" if is_at_most(kind, held=held) else reverse(page)}


def _change_link(change: ChangeView) -> dict[str, object]:
    return {
        "title": CHANGE_TITLES[change.field],
        "url": reverse("selfservice:change", kwargs={"change_id": change.id}),
        "opens_at": change.opens_at,
        "closes_at": change.closes_at,
    }
