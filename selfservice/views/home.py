"""The front page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from authentication.api import PublicPage


class HomePage(PublicPage):
    """What can be done here, for everybody."""

    template_name = "selfservice/home.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the page."""
        return self.render_to_response(self.get_context_data(support_phone=settings.SUPPORT_PHONE))
