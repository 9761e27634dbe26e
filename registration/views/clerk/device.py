"""What the citizen takes home is handed out: a code device, or a code on paper."""

from typing import Any, assert_never

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic.edit import FormMixin, ProcessFormView

from identities.api import CodeNotGiven, grouped_activation_code, person_of
from registration.device_forms import DeviceForm
from registration.queries import stock_of
from registration.states import PaperKind, StockKind
from registration.texts import (
    AUTHENTICATORS,
    CODES_NOT_GIVEN,
    HAND_OUT_REFUSALS,
    PAPER_KINDS,
    STEP_REFUSALS,
    STOCK_KINDS,
)
from registration.usecases.give_paper_code import give_paper_code
from registration.usecases.hand_out_device import NotHandedOut, hand_out_device
from registration.usecases.results import Sheet, StepRefused
from registration.views.base import CasePage
from registration.views.rows import progress_of

SERIALS_SHOWN = 5


class _HandOutPage(CasePage):
    def sheet(self, sheet: Sheet) -> HttpResponse:
        """Show what is printed; it is in this answer and nowhere else (SEC-4)."""
        self.template_name = "registration/sheet.html"
        return self.render_to_response(
            self.get_context_data(
                kind=sheet.kind.value,
                kind_name=AUTHENTICATORS[sheet.kind],
                serial=sheet.serial,
                code=grouped_activation_code(sheet.activation_code),
                expires_at=sheet.expires_at,
                app_url=f"{settings.PUBLIC_ADDRESS}{reverse('authentication:app-shell')}",
                name=person_of(self.case.identity_id).name if self.case.identity_id else "",
            )
        )


class DevicePage(_HandOutPage, FormMixin[DeviceForm], ProcessFormView):
    """What it shall be, and which device."""

    template_name = "registration/device.html"
    form_class = DeviceForm
    http_method_names = ["get"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show some serial numbers of the stock, and what else can be handed out."""
        office_id = self.officer.office_id
        stock = [
            {"name": STOCK_KINDS[kind], "serials": stock_of(office_id, kind=kind, limit=SERIALS_SHOWN)}
            for kind in StockKind
        ]
        papers = [{"kind": kind.value, "name": PAPER_KINDS[kind]} for kind in PaperKind]
        return super().get_context_data(stock=stock, papers=papers, progress=progress_of(self.case), **kwargs)


class SheetPage(DevicePage):
    """The sheet that the citizen takes home: answered once, to the form that asked for it, and kept nowhere."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead back to the case: the code is not there to be shown again (SEC-4)."""
        return redirect("registration:case", case_id=self.case_id)

    def form_valid(self, form: DeviceForm) -> HttpResponse:
        """Hand the device out and show the sheet."""
        outcome = hand_out_device(
            officer_id=self.officer.id,
            case_id=self.case_id,
            serial=form.cleaned_data["serial"],
            now=self.now,
        )
        match outcome:
            case Sheet():
                return self.sheet(outcome)
            case NotHandedOut(reason=reason):
                form.add_error("serial", HAND_OUT_REFUSALS[reason])
            case StepRefused(reason=step):
                form.add_error(None, STEP_REFUSALS[step])
            case _:
                assert_never(outcome)
        return self.form_invalid(form)


class PaperCodePage(_HandOutPage):
    """The same with a code alone: for the app, a chip or a new password."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead back to the case: the code is not there to be shown again (SEC-4)."""
        return redirect("registration:case", case_id=self.case_id)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Give the code and show the sheet."""
        if self.kwargs["kind"] not in PaperKind.values:
            raise Http404
        outcome = give_paper_code(
            officer_id=self.officer.id, case_id=self.case_id, kind=PaperKind(self.kwargs["kind"]), now=self.now
        )
        match outcome:
            case Sheet():
                return self.sheet(outcome)
            case CodeNotGiven(reason=reason):
                messages.error(request, CODES_NOT_GIVEN[reason])
            case StepRefused(reason=step):
                messages.error(request, STEP_REFUSALS[step])
            case _:
                assert_never(outcome)
        return redirect("registration:case-device", case_id=self.case_id)
