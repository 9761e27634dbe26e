"""Addresses of the log-in pages."""

from django.urls import path

from authentication.views.app import AppCollectPage, AppPage, AppProgressPage
from authentication.views.app_shell import AppManifestPage, AppServiceWorkerPage, AppShellPage
from authentication.views.chip import ChipPage
from authentication.views.code import CodePage
from authentication.views.password import PasswordPage
from authentication.views.sign_out import SignOutPage
from authentication.views.user_id import OfficerUserIdPage, UserIdPage
from authentication.views.way import ChooseWayPage

app_name = "authentication"

urlpatterns = [
    path("log-in/", UserIdPage.as_view(), name="log-in"),
    path("log-in/backoffice/", OfficerUserIdPage.as_view(), name="officer-log-in"),
    path("log-in/way/", ChooseWayPage.as_view(), name="way"),
    path("log-in/app/", AppPage.as_view(), name="app"),
    path("log-in/app/progress/", AppProgressPage.as_view(http_method_names=["get"]), name="app-progress"),
    path("log-in/app/go-on/", AppCollectPage.as_view(), name="app-collect"),
    path("log-in/chip/", ChipPage.as_view(), name="chip"),
    path("log-in/code/", CodePage.as_view(), name="code"),
    path("log-in/password/", PasswordPage.as_view(), name="password"),
    path("app/", AppShellPage.as_view(), name="app-shell"),
    path("app/manifest.webmanifest", AppManifestPage.as_view(), name="app-manifest"),
    path("app/service-worker.js", AppServiceWorkerPage.as_view(), name="app-service-worker"),
    path("log-out/", SignOutPage.as_view(), name="log-out"),
    path("logged-out/", SignOutPage.as_view(http_method_names=["get"]), name="signed-out"),
]
