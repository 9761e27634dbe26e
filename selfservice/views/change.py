"""A change: what is pending, when it can be confirmed, and the two buttons."""

from typing import Any, assert_never
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from authentication.api import CitizenPage, way_of_login
from identities.api import (
    ACTIVATION_LASTS,
    AuthenticatorKind,
    ChangeField,
    ChangeState,
    ChangeView,
    CodeCarrier,
    Confirmed,
    ConfirmRefused,
    SecondLogin,
    authenticators_of,
    change_of,
    grouped_activation_code,
    refusal_to_confirm,
    wanted_authenticator,
)
from mitid_portal.times import danish_time
from selfservice.authenticator_texts import KIND_NAMES, LEVEL_NAMES, text_of_new_value
from selfservice.rules import stage_of
from selfservice.states import ChangeStage
from selfservice.texts import (
    CHANGE_TITLES,
    DONE_TITLES,
    FIELD_NAMES,
    NEW_VALUE_NAMES,
    STAGE_NAMES,
    text_for_confirmation,
)
from selfservice.usecases.cancel_change import cancel_change
from selfservice.usecases.confirm_change import confirm_change
from selfservice.usecases.outcomes import LoginEnded
from selfservice.views.rows import Row

CONFLICT = 422
NAME_ONE = frozenset({ChangeField.REOPENING, ChangeField.APP_COPY})


class ChangePage(CitizenPage):
    """One of the citizen's own changes; somebody else's is as good as none."""

    template_name = "selfservice/change.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the change."""
        return self._page(self._change())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Confirm or stop; what the page does not offer, the act refuses."""
        change = self._change()
        match request.POST.get("act"):
            case "confirm":
                return self._confirm(change)
            case "cancel":
                outcome = cancel_change(login=self.login, change_id=change.id, now=self.now)
                return redirect("selfservice:profile" if isinstance(outcome, LoginEnded) else request.path)
            case _:
                return self._page(change, status=CONFLICT)

    def _confirm(self, change: ChangeView) -> HttpResponse:
        outcome = confirm_change(login=self.login, change_id=change.id, now=self.now)
        match outcome:
            case Confirmed(code=None):
                return redirect("selfservice:change-done", change_id=change.id)
            case Confirmed(code=code):
                return self._code_page(code or "")
            case ConfirmRefused(reason=reason, opens_at=opens_at, closes_at=closes_at):
                refusal = text_for_confirmation(reason, opens_at=opens_at, closes_at=closes_at, now=self.now)
                return self._page(self._change(), refusal=refusal, status=CONFLICT)
            case LoginEnded():
                return redirect(self.request.path)
            case _:
                assert_never(outcome)

    def _code_page(self, code: str) -> HttpResponse:
        """Show a new app's activation code: the answer to this form, and nowhere else (SEC-4, ADR 0064)."""
        self.template_name = "selfservice/app_code.html"
        minutes = int(ACTIVATION_LASTS[CodeCarrier.SCREEN].total_seconds() // 60)
        address = urljoin(settings.PUBLIC_ADDRESS, reverse("authentication:app-shell"))
        context = self.get_context_data(code=grouped_activation_code(code), minutes=minutes, app_address=address)
        return self.render_to_response(context, headers={"Cache-Control": "no-store"})

    def _change(self) -> ChangeView:
        change = change_of(self.identity_id, self.kwargs["change_id"])
        if change is None:
            raise Http404
        return change

    def _page(self, change: ChangeView, *, refusal: str = "", status: int = 200) -> HttpResponse:
        stage = self._stage(change)
        context = self.get_context_data(
            title=CHANGE_TITLES[change.field],
            rows=_rows(change, stage, self.identity_id),
            change=change,
            is_in_the_app=change.field is ChangeField.APP_COPY,
            stage=stage.value,
            is_pending=stage in {ChangeStage.WAITS, ChangeStage.NEEDS_SECOND_LOGIN, ChangeStage.MAY_BE_CONFIRMED},
            refusal=refusal,
        )
        return self.render_to_response(context, status=status)

    def _stage(self, change: ChangeView) -> ChangeStage:
        refusal = refusal_to_confirm(
            state=change.state,
            first_login_id=change.first_login_id,
            opens_at=change.opens_at,
            closes_at=change.closes_at,
            second=SecondLogin(id=self.login.id, at=self.login.at, level=self.login.level),
            now=self.now,
        )
        return stage_of(
            state=change.state, refusal=refusal, opens_at=change.opens_at, closes_at=change.closes_at, now=self.now
        )


class ChangeDonePage(CitizenPage):
    """A change is made, and what that means."""

    template_name = "selfservice/change_done.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show it, or the change itself if it is not made."""
        change = change_of(self.identity_id, self.kwargs["change_id"])
        if change is None:
            raise Http404
        if change.state is not ChangeState.CONFIRMED:
            return redirect("selfservice:change", change_id=change.id)
        is_new_app = _is_new_app(change)  # the code that sets it up was shown once, as the answer to the second login
        rows = [Row(label=FIELD_NAMES[change.field], value=_new_value(change, self.identity_id))]
        title = _("You may set up your new app") if is_new_app else DONE_TITLES[change.field]
        return self.render_to_response(self.get_context_data(title=title, rows=rows, is_new_app=is_new_app))


def _rows(change: ChangeView, stage: ChangeStage, identity_id: UUID) -> list[Row]:
    return [
        Row(label=NEW_VALUE_NAMES[change.field], value=_new_value(change, identity_id)),
        Row(label=_("State"), value=STAGE_NAMES[stage]),
        Row(label=_("Asked for"), value=danish_time(change.requested_at)),
        Row(label=_("Asked for by a login with"), value=_asked_with(change, identity_id)),
        Row(label=_("Can be confirmed from"), value=danish_time(change.opens_at)),
        Row(label=_("Can be confirmed until"), value=danish_time(change.closes_at)),
    ]


def _asked_with(change: ChangeView, identity_id: UUID) -> str:
    """Say by which kind of login the change was asked for, so that its citizen knows whether it was theirs (CHG-4)."""
    way = way_of_login(change.first_login_id, identity_id=identity_id)
    named = {"way": KIND_NAMES[way] if way else "", "level": LEVEL_NAMES[change.first_login_level]}
    return _("%(way)s, level %(level)s") % named


def _is_new_app(change: ChangeView) -> bool:
    if change.field is not ChangeField.AUTHENTICATOR:
        return False
    kind, _credential = wanted_authenticator(change.new_value)
    return kind is AuthenticatorKind.APP


def _new_value(change: ChangeView, identity_id: UUID) -> str:
    """Put the new value into words; the citizen's authenticators are read only where it names one."""
    owned = authenticators_of(identity_id) if change.field in NAME_ONE else []
    return text_of_new_value(change, owned=owned)
