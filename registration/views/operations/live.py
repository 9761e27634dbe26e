"""How messages go, now."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from registration.views.base import OperatorPage
from registration.views.operations.numbers import numbers


class LivePage(OperatorPage):
    """The queue, the providers, the heartbeat: numbers, and charts of the same numbers."""

    template_name = "registration/operations_live.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show them."""
        return self.render_to_response(self.get_context_data(live=numbers(now=self.now)))


@method_decorator(never_cache, name="dispatch")
class LiveNumbers(OperatorPage):
    """The same for the page's script, which asks every five seconds."""

    http_method_names = ["get", "head"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        """Give every number by its name on the page."""
        live = numbers(now=self.now)
        return JsonResponse({"shape": live.shape, "cells": live.cells(), "places": live.places()})
