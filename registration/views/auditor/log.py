"""The log, searched."""

from typing import Any, Final, assert_never

from django.http import HttpRequest, HttpResponse

from registration.forms import LogSearchForm
from registration.log_texts import REFUSALS
from registration.states import LogRefusal
from registration.usecases.search_log import LogPage, LogRefused, search_log
from registration.views.auditor.lines import key_in, lines_of, text_of, url_of_search
from registration.views.base import AuditorPage

LINES: Final = 25
FIELD_OF: Final = {LogRefusal.OWN_IDENTITY: "subject", LogRefusal.OWN_ACTS: "actor"}


class LogSearchPage(AuditorPage):
    """By whom it is about, who did it, what happened and when, the newest first. The address alone shows the form."""

    template_name = "registration/auditor_log.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, and what was found."""
        if not request.GET:
            return self.render_to_response(self.get_context_data(form=LogSearchForm()))
        form = LogSearchForm(request.GET)
        if not form.is_valid():
            return self.form_invalid(form)
        before = key_in(request.GET.get("before", ""))  # a mangled address shows the newest
        outcome = search_log(
            officer_id=self.officer.id, filters=form.filters(), before=before, limit=LINES, now=self.now
        )
        match outcome:
            case LogPage(lines=lines, older=older):
                typed = {name: request.GET.get(name, "") for name in form.fields}
                context = self.get_context_data(
                    form=form,
                    lines=lines_of(lines),
                    older_url=url_of_search(**typed, before=text_of(older)) if older else "",
                    newest_url=url_of_search(**typed) if before else "",
                )
                return self.render_to_response(context)
            case LogRefused(reason=reason):
                form.add_error(FIELD_OF[reason], REFUSALS[reason])
                return self.form_invalid(form)
            case _:
                assert_never(outcome)
