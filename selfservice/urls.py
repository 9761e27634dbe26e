"""Addresses of self-service."""

from django.urls import path

from selfservice.views.activate import ActivatedPage, ActivatePage
from selfservice.views.activity import ActivityPage
from selfservice.views.block import BlockConfirmPage, BlockedPage, BlockStartPage
from selfservice.views.change import ChangeDonePage, ChangePage
from selfservice.views.change_contact import ChangeEmailPage, ChangePhonePage
from selfservice.views.change_user_id import ChangeUserIdPage, UserIdRatingPage
from selfservice.views.contact_code import EmailCodePage, PhoneCodePage
from selfservice.views.home import HomePage
from selfservice.views.language import LanguagePage
from selfservice.views.profile import ProfilePage
from selfservice.views.sms_inbound import SmsInboundPage
from selfservice.views.stop import StopPage

app_name = "selfservice"

urlpatterns = [
    path("", HomePage.as_view(), name="home"),
    path("activate/", ActivatePage.as_view(), name="activate"),
    path("activate/done/", ActivatedPage.as_view(), name="activated"),
    path("profile/", ProfilePage.as_view(), name="profile"),
    path("change/phone/", ChangePhonePage.as_view(), name="change-phone"),
    path("change/phone/code/", PhoneCodePage.as_view(), name="change-phone-code"),
    path("change/email/", ChangeEmailPage.as_view(), name="change-email"),
    path("change/email/code/", EmailCodePage.as_view(), name="change-email-code"),
    path("change/user-id/", ChangeUserIdPage.as_view(), name="change-user-id"),
    path("change/user-id/rating/", UserIdRatingPage.as_view(), name="change-user-id-rating"),
    path("change/<uuid:change_id>/", ChangePage.as_view(), name="change"),
    path("change/<uuid:change_id>/done/", ChangeDonePage.as_view(), name="change-done"),
    path("activity/", ActivityPage.as_view(), name="activity"),
    path("block/", BlockStartPage.as_view(), name="block-start"),
    path("block/confirm/", BlockConfirmPage.as_view(), name="block-confirm"),
    path("blocked/", BlockedPage.as_view(), name="blocked"),
    path("stop/<str:token>/", StopPage.as_view(), name="stop"),
    path("sms/inbound/", SmsInboundPage.as_view(), name="sms-inbound"),
    path("language/", LanguagePage.as_view(), name="language"),
]
