"""Addresses of pages that fail, for the tests of refusals."""

from django import forms
from django.core.exceptions import SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, include, path, reverse
from django.views.generic import FormView
from redis.exceptions import ConnectionError as CacheConnectionError

from hsm.api import HsmUnavailable


class NoteForm(forms.Form):
    """One short field."""

    note = forms.CharField(max_length=100)


class NotePage(FormView[NoteForm]):
    """Answers 422 to a form that is not valid, as every page of ours does."""

    form_class = NoteForm

    def form_valid(self, form: NoteForm) -> HttpResponse:
        return HttpResponse("stored")

    def form_invalid(self, form: NoteForm) -> HttpResponse:
        return HttpResponse(str(form.errors), status=422)


def fine(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("fine")


def without_keys(_request: HttpRequest) -> HttpResponse:
    raise HsmUnavailable("the token at slot 7 does not answer")


def without_database(_request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection to server at db.internal failed")


def without_cache(_request: HttpRequest) -> HttpResponse:
    raise CacheConnectionError("cache.internal refused")


def at_fault(_request: HttpRequest) -> HttpResponse:
    raise ValueError("secret detail")


def at_fault_by_name(_request: HttpRequest, token: str) -> HttpResponse:
    try:
        reverse("selfservice:stop", kwargs={"word": token})
    except NoReverseMatch as fault:
        raise ValueError(f"{token} leads nowhere") from fault
    raise AssertionError


def refused(request: HttpRequest, token: str) -> HttpResponse:
    raise SuspiciousOperation(f"{token} at {request.get_full_path()}")


urlpatterns = [
    path("fine/", fine),
    path("note/", NotePage.as_view()),
    path("without-keys/", without_keys),
    path("without-database/", without_database),
    path("without-cache/", without_cache),
    path("at-fault/", at_fault),
    path("at-fault/<str:token>/", at_fault_by_name, name="at-fault-by-name"),
    path("refused/<str:token>/", refused, name="refused"),
    path("", include("mitid_portal.urls")),
]
handler400 = "mitid_portal.errors.bad_request"
handler403 = "mitid_portal.errors.forbidden"
handler404 = "mitid_portal.errors.not_found"
handler500 = "mitid_portal.errors.server_error"
