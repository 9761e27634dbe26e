"""First step of a change of phone or e-mail: the new value."""

from typing import Any, ClassVar, assert_never

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic.edit import FormMixin, ProcessFormView

from authentication.api import CitizenPage
from identities.api import ChangeField, ChangeNotTaken, CodeSent, ContactKind, TooManyCodes, contacts_of
from selfservice.forms import EmailForm, PhoneForm
from selfservice.texts import text_for_request, text_for_too_many_codes
from selfservice.usecases.outcomes import LoginEnded
from selfservice.usecases.send_contact_code import send_contact_code
from selfservice.views.flow import keep_proof, pending_link


class ChangeContactPage(CitizenPage, FormMixin[forms.Form], ProcessFormView):
    """What stands now, and what shall stand."""

    template_name = "selfservice/change_contact.html"
    kind: ClassVar[ContactKind]
    field: ClassVar[ChangeField]
    code_page: ClassVar[str]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show what stands now; a change that waits already takes the form's place."""
        return super().get_context_data(
            field=self.field.value,
            stands_now=contacts_of(self.identity_id).get(self.kind, ""),
            pending=pending_link(self.identity_id, self.field, now=self.now),
            **kwargs,
        )

    def form_valid(self, form: forms.Form) -> HttpResponse:
        """Send the code."""
        value = form.cleaned_data["contact"]
        outcome = send_contact_code(login=self.login, kind=self.kind, value=value, now=self.now)
        match outcome:
            case CodeSent(proof_id=proof_id):
                keep_proof(self.request, self.field, proof_id)
                return redirect(self.code_page)
            case TooManyCodes(next_at=next_at):
                form.add_error(None, text_for_too_many_codes(next_at=next_at))
            case ChangeNotTaken(reason=reason):
                form.add_error("contact", text_for_request(reason))
            case LoginEnded():
                return redirect(self.request.path)
            case _:
                assert_never(outcome)
        return self.form_invalid(form)


class ChangePhonePage(ChangeContactPage):
    """A new phone number."""

    form_class = PhoneForm
    kind = ContactKind.PHONE
    field = ChangeField.PHONE
    code_page = "selfservice:change-phone-code"


class ChangeEmailPage(ChangeContactPage):
    """A new e-mail address."""

    form_class = EmailForm
    kind = ContactKind.EMAIL
    field = ChangeField.EMAIL
    code_page = "selfservice:change-email-code"
