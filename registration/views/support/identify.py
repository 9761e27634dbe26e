"""The caller proves who they are."""

from typing import Any, assert_never

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from registration.forms import AnswerForm, DocumentNumberForm
from registration.queries import questions_of
from registration.registers.base import RegisterUnavailable
from registration.states import Verdict
from registration.texts import REGISTER_AWAY, SUPPORT_REFUSALS
from registration.usecases.answer_caller_question import answer_caller_question
from registration.usecases.answer_question import Answered
from registration.usecases.check_caller_number import QuestionsAsked, check_caller_number
from registration.usecases.results import SupportRefused
from registration.views.support.pages import CallPage


class IdentifyPage(CallPage, FormMixin[DocumentNumberForm], ProcessFormView):
    """First the number of a document; with it right, the control questions."""

    template_name = "registration/identify.html"
    form_class = DocumentNumberForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the number's form, or the question that is to be asked now."""
        questions = questions_of(call_id=self.call_id)
        present = next((question for question in questions if question.was_right is None), None)
        return super().get_context_data(
            questions=[question for question in questions if question.was_right is not None],
            present=present,
            is_asked=bool(questions),
            answer_form=kwargs.pop("answer_form", None) or AnswerForm(),
            **kwargs,
        )

    def form_valid(self, form: DocumentNumberForm) -> HttpResponse:
        """Hold the number against the documents on record."""
        try:
            outcome = check_caller_number(
                officer_id=self.officer.id,
                call_id=self.call_id,
                number=form.cleaned_data["number"],
                now=self.now,
            )
        except RegisterUnavailable:
            return self.register_away(form)
        match outcome:
            case QuestionsAsked():
                return redirect("registration:support-identify", call_id=self.call_id)
            case SupportRefused(reason=reason, tries_left=tries_left):
                form.add_error("number", SUPPORT_REFUSALS[reason])
                if tries_left:
                    form.add_error("number", _("Tries left: %(count)d.") % {"count": tries_left})
                return self.form_invalid(form)
            case _:
                assert_never(outcome)


class CallerAnswerPage(CallPage, FormMixin[AnswerForm], ProcessFormView):
    """Takes one answer of a caller."""

    template_name = "registration/identify.html"
    form_class = AnswerForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead back to the round, for whoever reloads the address."""
        return redirect("registration:support-identify", call_id=self.call_id)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the question again."""
        questions = questions_of(call_id=self.call_id)
        return super().get_context_data(
            questions=[question for question in questions if question.was_right is not None],
            present=next((question for question in questions if question.was_right is None), None),
            is_asked=True,
            answer_form=kwargs.get("form"),
            **kwargs,
        )

    def form_valid(self, form: AnswerForm) -> HttpResponse:
        """Note the answer and go on."""
        try:
            outcome = answer_caller_question(
                officer_id=self.officer.id,
                call_id=self.call_id,
                question_id=self.kwargs["question_id"],
                was_right=form.cleaned_data["was_right"],
                now=self.now,
            )
        except RegisterUnavailable:
            messages.error(self.request, REGISTER_AWAY)
            return redirect("registration:support-identify", call_id=self.call_id)
        match outcome:
            case Answered(verdict=Verdict.PASSED | Verdict.FAILED):
                return redirect("registration:support-citizen", call_id=self.call_id)
            case Answered():
                pass
            case SupportRefused(reason=reason):
                messages.error(self.request, SUPPORT_REFUSALS[reason])
            case _:
                assert_never(outcome)
        return redirect("registration:support-identify", call_id=self.call_id)
