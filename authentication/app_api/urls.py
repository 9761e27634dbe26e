"""Addresses of ``/api/app/v1/``."""

from django.urls import path

from authentication.app_api.views.copies import CopiesApi, CopyStateApi, CopyStopApi, CopyTicketApi
from authentication.app_api.views.enrolments import CompletionApi, EnrolmentsApi
from authentication.app_api.views.inbox import InboxApi, InboxReadApi
from authentication.app_api.views.me import MeApi, UnlinkApi
from authentication.app_api.views.nonces import NonceApi
from authentication.app_api.views.requests import BindApi, DecisionApi, RequestsApi
from authentication.app_api.views.schema import SchemaJson, SchemaYaml
from authentication.app_api.views.sessions import OpeningCodesApi, SessionEndApi, SessionsApi

app_name = "app-api"

urlpatterns = [
    path("nonce", NonceApi.as_view(), name="nonce"),
    path("enrolments", EnrolmentsApi.as_view(), name="enrolments"),
    path("enrolments/<uuid:enrolment_id>/completion", CompletionApi.as_view(), name="completion"),
    path("sessions", SessionsApi.as_view(), name="sessions"),
    path("sessions/end", SessionEndApi.as_view(), name="session-end"),
    path("requests", RequestsApi.as_view(), name="requests"),
    path("requests/bind", BindApi.as_view(), name="bind"),
    path("requests/<uuid:request_id>/decision", DecisionApi.as_view(), name="decision"),
    path("opening-codes", OpeningCodesApi.as_view(), name="opening-codes"),
    path("inbox", InboxApi.as_view(), name="inbox"),
    path("inbox/<uuid:message_id>/read", InboxReadApi.as_view(), name="inbox-read"),
    path("copies", CopiesApi.as_view(), name="copies"),
    path("copies/state", CopyStateApi.as_view(), name="copy-state"),
    path("copies/<uuid:copy_id>/ticket", CopyTicketApi.as_view(), name="copy-ticket"),
    path("copies/<uuid:copy_id>/stop", CopyStopApi.as_view(), name="copy-stop"),
    path("me", MeApi.as_view(), name="me"),
    path("unlink", UnlinkApi.as_view(), name="unlink"),
    path("schema", SchemaJson.as_view(), name="schema"),
    path("schema.yaml", SchemaYaml.as_view(), name="schema-yaml"),
]
