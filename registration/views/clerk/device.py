"""A code display is handed out, with its activation code on paper."""

from typing import Any, assert_never

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from identities.api import HandedOut, person_of
from registration.forms import DeviceForm
from registration.queries import stock_of
from registration.texts import HAND_OUT_REFUSALS, STEP_REFUSALS
from registration.usecases.hand_out_display import NotHandedOut, hand_out_display
from registration.usecases.results import StepRefused
from registration.views.base import CasePage
from registration.views.rows import progress_of

SERIALS_SHOWN = 5


class DevicePage(CasePage, FormMixin[DeviceForm], ProcessFormView):
    """Which device it is."""

    template_name = "registration/device.html"
    form_class = DeviceForm
    http_method_names = ["get"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show some serial numbers of the stock."""
        stock = stock_of(self.officer.office_id, limit=SERIALS_SHOWN)
        return super().get_context_data(stock=stock, progress=progress_of(self.case), **kwargs)


class SheetPage(DevicePage):
    """The sheet that the citizen takes home: answered once, to the form that asked for it, and kept nowhere."""

    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead back to the case: the code is not there to be shown again (SEC-4)."""
        return redirect("registration:case", case_id=self.case_id)

    def form_valid(self, form: DeviceForm) -> HttpResponse:
        """Hand the device out and show the sheet."""
        outcome = hand_out_display(
            officer_id=self.officer.id,
            case_id=self.case_id,
            serial=form.cleaned_data["serial"],
            now=self.now,
        )
        match outcome:
            case HandedOut():
                return self._sheet(outcome)
            case NotHandedOut(reason=reason):
                form.add_error("serial", HAND_OUT_REFUSALS[reason])
            case StepRefused(reason=step):
                form.add_error(None, STEP_REFUSALS[step])
            case _:
                assert_never(outcome)
        return self.form_invalid(form)

    def _sheet(self, handed_out: HandedOut) -> HttpResponse:
        self.template_name = "registration/sheet.html"
        code = handed_out.activation_code
        return self.render_to_response(
            self.get_context_data(
                serial=handed_out.serial,
                code=f"{code[:4]} {code[4:]}",
                expires_at=handed_out.expires_at,
                name=person_of(self.case.identity_id).name if self.case.identity_id else "",
            )
        )
