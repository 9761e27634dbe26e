"""The citizen's first phone and e-mail; in a reopening, new ones instead of those that stand."""

from typing import Any, assert_never

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from identities.api import CodeSent, ContactCodeRefused, ContactKind, ContactProven, TooManyCodes
from mitid_portal.times import danish_time
from registration.forms import ContactCodeForm, EmailForm, PhoneForm
from registration.texts import CODE_REFUSALS, CONTACT_KINDS, STEP_REFUSALS
from registration.usecases.results import StepRefused
from registration.usecases.send_contact_code import send_contact_code
from registration.usecases.take_contact_code import take_contact_code
from registration.views.base import CasePage
from registration.views.rows import Row, contact_row, progress_of

FORMS: dict[ContactKind, type[Form]] = {ContactKind.PHONE: PhoneForm, ContactKind.EMAIL: EmailForm}


class ContactsPage(CasePage):
    """Which of the two contacts are proven."""

    template_name = "registration/contacts.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show both."""
        rows = [self._row(kind) for kind in ContactKind]
        return self.render_to_response(self.get_context_data(rows=rows, progress=progress_of(self.case)))

    def _row(self, kind: ContactKind) -> Row:
        url = reverse("registration:case-contact", kwargs={"case_id": self.case_id, "kind": kind.value})
        return contact_row(self.case, kind, url=url)


class _OneContactPage(CasePage):
    kind: ContactKind

    def load(self) -> None:
        """Find the case, and read which contact the address means."""
        super().load()
        if self.kwargs["kind"] not in ContactKind.values:
            raise Http404
        self.kind = ContactKind(self.kwargs["kind"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Name the contact."""
        return super().get_context_data(
            kind=self.kind.value,
            kind_name=CONTACT_KINDS[self.kind],
            contact=self.case.contacts.get(self.kind),
            progress=progress_of(self.case),
            **kwargs,
        )


class ContactPage(_OneContactPage, FormMixin[Form], ProcessFormView):
    """The contact is typed in and a code is sent to it."""

    template_name = "registration/contact.html"

    def get_form_class(self) -> type[Form]:
        """Give the form of a phone or of an e-mail address."""
        return FORMS[self.kind]

    def form_valid(self, form: Form) -> HttpResponse:
        """Send a code and ask for it."""
        outcome = send_contact_code(
            officer_id=self.officer.id,
            case_id=self.case_id,
            kind=self.kind,
            value=form.cleaned_data["value"],
            lasts_for=settings.CONTACT_CODE_LASTS_FOR,
            now=self.now,
        )
        match outcome:
            case CodeSent():
                return redirect("registration:case-contact-code", case_id=self.case_id, kind=self.kind.value)
            case TooManyCodes(next_at=next_at):
                text = _("Too many codes were sent. The next can go out on %(time)s.")
                form.add_error("value", text % {"time": danish_time(next_at)})
            case StepRefused(reason=reason):
                form.add_error(None, STEP_REFUSALS[reason])
            case _:
                assert_never(outcome)
        return self.form_invalid(form)


class ContactCodePage(_OneContactPage, FormMixin[ContactCodeForm], ProcessFormView):
    """The citizen types the code at the desk."""

    template_name = "registration/contact_code.html"
    form_class = ContactCodeForm

    def form_valid(self, form: ContactCodeForm) -> HttpResponse:
        """Take the code."""
        outcome = take_contact_code(
            officer_id=self.officer.id,
            case_id=self.case_id,
            kind=self.kind,
            typed=form.cleaned_data["code"],
            now=self.now,
        )
        match outcome:
            case ContactProven():
                messages.success(self.request, _("%(contact)s: proven.") % {"contact": CONTACT_KINDS[self.kind]})
                return redirect("registration:case-contacts", case_id=self.case_id)
            case ContactCodeRefused(reason=reason):
                form.add_error("code", CODE_REFUSALS[reason])
            case StepRefused(reason=step):
                form.add_error(None, STEP_REFUSALS[step])
            case _:
                assert_never(outcome)
        return self.form_invalid(form)
