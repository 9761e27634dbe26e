"""Where an officer arrives."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from registration.texts import ROLES
from registration.views.base import BackofficePage


class OfficerHomePage(BackofficePage):
    """What the officer's rights open."""

    template_name = "registration/home.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the wings."""
        roles = [ROLES[right.role] for right in self.rights]
        return self.render_to_response(self.get_context_data(roles=roles))
