"""The choice of language."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.i18n import set_language as remember_language

from authentication.api import PublicPage
from notifications.api import Language
from selfservice.usecases.set_language import set_language


class LanguagePage(PublicPage):
    """Pages from now on, and a logged-in citizen's alerts too (ALR-3)."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Remember the language, and go back to where it was chosen."""
        wanted = request.POST.get("language", "")
        login = self.get_context_data()["login"]
        if login is not None and wanted in [language.value for language in Language]:
            set_language(identity_id=login.identity_id, language=Language(wanted))
        return remember_language(request)
