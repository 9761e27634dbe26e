"""What the addresses for providers have in common."""

from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from mitid_portal import clock


@method_decorator(csrf_exempt, name="dispatch")
class ProviderCall(View):
    """For a provider alone; its signature takes the place of a session and of a token against forgery.

    ``audience`` is the value of ``authentication.states.Audience``, which lies above this app.
    """

    audience: ClassVar[str] = "machine"
    http_method_names = ["post"]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Read the clock, once a call."""
        super().setup(request, *args, **kwargs)
        self.now = clock.now()
