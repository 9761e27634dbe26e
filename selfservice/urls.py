"""Addresses of self-service."""

from django.urls import path

from selfservice.views.activate import ActivateDevicePage, ActivatedPage, ActivatePage
from selfservice.views.activate_chip import ActivateChipPage, ChipOptionsPage
from selfservice.views.activate_password import ActivatePasswordPage
from selfservice.views.activity import ActivityPage
from selfservice.views.add_app import AddAppPage
from selfservice.views.add_chip import AddChipPage
from selfservice.views.authenticators import AuthenticatorsPage
from selfservice.views.block import BlockConfirmPage, BlockedPage, BlockStartPage
from selfservice.views.change import ChangeDonePage, ChangePage
from selfservice.views.change_contact import ChangeEmailPage, ChangePhonePage
from selfservice.views.change_password import ChangePasswordPage, PasswordRatingPage
from selfservice.views.change_user_id import ChangeUserIdPage, UserIdRatingPage
from selfservice.views.contact_code import EmailCodePage, PhoneCodePage
from selfservice.views.home import HomePage
from selfservice.views.language import LanguagePage
from selfservice.views.profile import ProfilePage
from selfservice.views.reopen_authenticator import ReopenAuthenticatorPage
from selfservice.views.resync_authenticator import ResyncAuthenticatorPage
from selfservice.views.sms_inbound import HttpSmsInboundPage, SmsInboundPage
from selfservice.views.stop import StopPage
from selfservice.views.stop_authenticator import (
    BlockAuthenticatorPage,
    SignOutEverywherePage,
    StoppedPage,
    SuspendAuthenticatorPage,
)

app_name = "selfservice"
ONE = "authenticators/<str:kind>/<uuid:authenticator_id>"

urlpatterns = [
    path("", HomePage.as_view(), name="home"),
    path("activate/", ActivatePage.as_view(), name="activate"),
    path("activate/device/", ActivateDevicePage.as_view(), name="activate-device"),
    path("activate/chip/", ActivateChipPage.as_view(), name="activate-chip"),
    path("activate/chip/options/", ChipOptionsPage.as_view(), name="activate-chip-options"),
    path("activate/password/", ActivatePasswordPage.as_view(), name="activate-password"),
    path("activate/<str:what>/done/", ActivatedPage.as_view(), name="activated"),
    path("password/rating/", PasswordRatingPage.as_view(), name="password-rating"),
    path("authenticators/", AuthenticatorsPage.as_view(), name="authenticators"),
    path("authenticators/add/app/", AddAppPage.as_view(), name="add-app"),
    path("authenticators/add/chip/", AddChipPage.as_view(), name="add-chip"),
    path("authenticators/sign-out/", SignOutEverywherePage.as_view(), name="sign-out-everywhere"),
    path("authenticators/stopped/<str:act>/", StoppedPage.as_view(), name="stopped"),
    path(f"{ONE}/suspend/", SuspendAuthenticatorPage.as_view(), name="suspend-authenticator"),
    path(f"{ONE}/block/", BlockAuthenticatorPage.as_view(), name="block-authenticator"),
    path(f"{ONE}/resync/", ResyncAuthenticatorPage.as_view(), name="resync-authenticator"),
    path(f"{ONE}/reopen/", ReopenAuthenticatorPage.as_view(), name="reopen-authenticator"),
    path("profile/", ProfilePage.as_view(), name="profile"),
    path("change/phone/", ChangePhonePage.as_view(), name="change-phone"),
    path("change/phone/code/", PhoneCodePage.as_view(), name="change-phone-code"),
    path("change/email/", ChangeEmailPage.as_view(), name="change-email"),
    path("change/email/code/", EmailCodePage.as_view(), name="change-email-code"),
    path("change/user-id/", ChangeUserIdPage.as_view(), name="change-user-id"),
    path("change/user-id/rating/", UserIdRatingPage.as_view(), name="change-user-id-rating"),
    path("change/password/", ChangePasswordPage.as_view(), name="change-password"),
    path("change/<uuid:change_id>/", ChangePage.as_view(), name="change"),
    path("change/<uuid:change_id>/done/", ChangeDonePage.as_view(), name="change-done"),
    path("activity/", ActivityPage.as_view(), name="activity"),
    path("block/", BlockStartPage.as_view(), name="block-start"),
    path("block/confirm/", BlockConfirmPage.as_view(), name="block-confirm"),
    path("blocked/", BlockedPage.as_view(), name="blocked"),
    path("stop/<str:token>/", StopPage.as_view(), name="stop"),
    path("sms/inbound/", SmsInboundPage.as_view(), name="sms-inbound"),
    path("sms/inbound/http/", HttpSmsInboundPage.as_view(), name="http-sms-inbound"),
    path("language/", LanguagePage.as_view(), name="language"),
]
