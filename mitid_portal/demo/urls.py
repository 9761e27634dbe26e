"""Addresses of the demo."""

from django.urls import path

from mitid_portal.demo.views.home import HomePage
from mitid_portal.demo.views.machine import ClockApi, DevicesApi, MessagesApi, PersonasApi, SmsReplyApi
from mitid_portal.demo.views.messages import MessagesPage

app_name = "demo"
urlpatterns = [
    path("", HomePage.as_view(), name="home"),
    path("messages/", MessagesPage.as_view(), name="messages"),
    path("personas.json", PersonasApi.as_view(), name="personas-json"),
    path("devices.json", DevicesApi.as_view(), name="devices-json"),
    path("messages.json", MessagesApi.as_view(), name="messages-json"),
    path("clock", ClockApi.as_view(), name="clock"),
    path("sms-reply", SmsReplyApi.as_view(), name="sms-reply"),
]
