"""Addresses of the log-in pages."""

from django.urls import path

from authentication.views.code import CodePage
from authentication.views.password import PasswordPage
from authentication.views.sign_out import SignOutPage
from authentication.views.user_id import OfficerUserIdPage, UserIdPage

app_name = "authentication"

urlpatterns = [
    path("log-in/", UserIdPage.as_view(), name="log-in"),
    path("log-in/backoffice/", OfficerUserIdPage.as_view(), name="officer-log-in"),
    path("log-in/code/", CodePage.as_view(), name="code"),
    path("log-in/password/", PasswordPage.as_view(), name="password"),
    path("log-out/", SignOutPage.as_view(), name="log-out"),
    path("logged-out/", SignOutPage.as_view(http_method_names=["get"]), name="signed-out"),
]
