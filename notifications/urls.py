"""Addresses that providers call, under ``api/notifications/``."""

from django.urls import URLPattern, URLResolver, path

from notifications.views.email_bounces import EmailBounces
from notifications.views.http_sms_status import HttpSmsStatusCall
from notifications.views.twilio_status import TwilioStatusCall

app_name = "notifications"
urlpatterns: list[URLPattern | URLResolver] = [
    path("email/bounces/", EmailBounces.as_view(), name="email-bounces"),
    path("twilio/status/<uuid:delivery_id>/", TwilioStatusCall.as_view(), name="twilio-status"),
    path("http-sms/status/", HttpSmsStatusCall.as_view(), name="http-sms-status"),
]
