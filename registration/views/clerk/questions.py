"""Control questions out of the civil register."""

from typing import Any, assert_never

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.generic.edit import FormMixin, ProcessFormView

from registration.forms import AnswerForm
from registration.queries import questions_of
from registration.states import Verdict
from registration.texts import STEP_REFUSALS
from registration.usecases.answer_question import Answered, answer_question
from registration.usecases.ask_questions import Asked, ask_questions
from registration.usecases.results import StepRefused
from registration.views.base import CasePage
from registration.views.rows import progress_of


class _RoundPage(CasePage):
    template_name = "registration/questions.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Show the questions so far; only the one that is to be asked now comes with its answer."""
        questions = questions_of(case_id=self.case_id)
        open_ones = [] if self.case.is_shut else [question for question in questions if question.was_right is None]
        kwargs.setdefault("form", AnswerForm())
        return super().get_context_data(
            progress=progress_of(self.case),
            questions=[question for question in questions if question.was_right is not None],
            present=open_ones[0] if open_ones else None,
            has_failed=self.case.verdict is Verdict.FAILED,
            **kwargs,
        )


class QuestionsPage(_RoundPage):
    """Starts the round, and shows where it stands."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the round."""
        return self.render_to_response(self.get_context_data())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask three questions."""
        outcome = ask_questions(officer_id=self.officer.id, case_id=self.case_id, now=self.now)
        match outcome:
            case Asked():
                pass
            case StepRefused(reason=reason):
                messages.error(request, STEP_REFUSALS[reason])
            case _:
                assert_never(outcome)
        return redirect("registration:case-questions", case_id=self.case_id)


class AnswerPage(_RoundPage, FormMixin[AnswerForm], ProcessFormView):
    """Takes one answer."""

    form_class = AnswerForm
    http_method_names = ["get", "post"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead back to the round, for whoever reloads the address."""
        return redirect("registration:case-questions", case_id=self.case_id)

    def form_valid(self, form: AnswerForm) -> HttpResponse:
        """Note the answer and go on, to the next question or to the next step."""
        outcome = answer_question(
            officer_id=self.officer.id,
            case_id=self.case_id,
            question_id=self.kwargs["question_id"],
            was_right=form.cleaned_data["was_right"],
            now=self.now,
        )
        match outcome:
            case Answered(verdict=Verdict.PASSED):
                messages.success(self.request, _("The identity is proven."))
                return redirect("registration:case", case_id=self.case_id)
            case Answered():
                pass
            case StepRefused(reason=reason):
                messages.error(self.request, STEP_REFUSALS[reason])
            case _:
                assert_never(outcome)
        return redirect("registration:case-questions", case_id=self.case_id)
