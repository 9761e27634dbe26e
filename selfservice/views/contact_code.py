"""Second step of a change of phone or e-mail: the code that went to it."""

from typing import Any, ClassVar, assert_never

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import CitizenPage
from identities.api import ChangeField, ChangeNotTaken, ChangeWaits, ContactCodeRefused, contact_code_sent_to
from selfservice.forms import ContactCodeForm
from selfservice.texts import CODE_REFUSALS, text_for_request
from selfservice.usecases.outcomes import LoginEnded, NewContact
from selfservice.usecases.request_change import request_change
from selfservice.views.flow import forget_proof, kept_proof_id


class ContactCodePage(CitizenPage, FormMixin[ContactCodeForm], ProcessFormView):
    """The code shows that the new contact is the citizen's; with it the change is asked for (CHG-1)."""

    template_name = "selfservice/contact_code.html"
    form_class = ContactCodeForm
    field: ClassVar[ChangeField]
    first_page: ClassVar[str]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for the code, if one was sent to this identity."""
        return super().get(request, *args, **kwargs) if self._sent_to() else redirect(self.first_page)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        """Take the code, if one was sent to this identity."""
        return super().post(request, *args, **kwargs) if self._sent_to() else redirect(self.first_page)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say where the code went."""
        return super().get_context_data(
            field=self.field.value, sent_to=self._sent_to(), back_url=reverse(self.first_page), **kwargs
        )

    def form_valid(self, form: ContactCodeForm) -> HttpResponse:
        """Ask for the change."""
        proof_id = kept_proof_id(self.request, self.field)
        if proof_id is None:
            return redirect(self.first_page)
        wanted = NewContact(proof_id=proof_id, code=form.cleaned_data["code"])
        outcome = request_change(login=self.login, field=self.field, wanted=wanted, now=self.now)
        match outcome:
            case ChangeWaits(change_id=change_id):
                forget_proof(self.request, self.field)
                return redirect("selfservice:change", change_id=change_id)
            case ContactCodeRefused(reason=reason):
                form.add_error("code", str(CODE_REFUSALS[reason]))
            case ChangeNotTaken(reason=reason):
                form.add_error(None, text_for_request(reason))
            case LoginEnded():
                return redirect(self.request.path)
            case _:
                assert_never(outcome)
        return self.form_invalid(form)

    def _sent_to(self) -> str | None:
        proof_id = kept_proof_id(self.request, self.field)
        return contact_code_sent_to(proof_id, owner_id=self.identity_id) if proof_id else None


class PhoneCodePage(ContactCodePage):
    """The code that went to a new phone."""

    field = ChangeField.PHONE
    first_page = "selfservice:change-phone"


class EmailCodePage(ContactCodePage):
    """The code that went to a new e-mail address."""

    field = ChangeField.EMAIL
    first_page = "selfservice:change-email"
