"""Addresses of the backoffice: the wings of the clerks, of support, of the auditors and of the operators."""

from django.urls import path

from registration.views.auditor.event import LogEventPage
from registration.views.auditor.log import LogSearchPage
from registration.views.auditor.seals import SealsPage
from registration.views.clerk.approve import ApproveAuthenticatorPage
from registration.views.clerk.block import CaseAuthenticatorBlockPage, CaseBlockPage
from registration.views.clerk.case import CaseOverviewPage
from registration.views.clerk.cases import CasesPage
from registration.views.clerk.contacts import ContactCodePage, ContactPage, ContactsPage
from registration.views.clerk.device import DevicePage, PaperCodePage, SheetPage
from registration.views.clerk.issue import IssuePage
from registration.views.clerk.open_case import OpenCasePage
from registration.views.clerk.passport import PassportPage
from registration.views.clerk.person import PersonPage
from registration.views.clerk.questions import AnswerPage, QuestionsPage
from registration.views.clerk.refuse import CancelCasePage, RefusalPage, RefusePage
from registration.views.clerk.reopen import ReopenPage, SecondPage
from registration.views.clerk.reopen_authenticator import CaseAuthenticatorReopenPage
from registration.views.clerk.resync import CaseResyncPage
from registration.views.home import OfficerHomePage
from registration.views.operations.dead_letters import DeadLettersPage, ResendPage
from registration.views.operations.live import LiveNumbers, LivePage
from registration.views.operations.previews import PreviewFrame, PreviewPage, PreviewsPage
from registration.views.support.authenticators import AuthenticatorBlockPage, ResyncPage, SendCodePage, SendPinPage
from registration.views.support.block import BlockPage
from registration.views.support.citizen import CitizenPage
from registration.views.support.identify import CallerAnswerPage, IdentifyPage
from registration.views.support.messages import MessagesPage
from registration.views.support.search import SearchPage
from registration.views.support.stop_change import StopChangePage
from registration.views.support.user_id import UserIdPage

app_name = "registration"

urlpatterns = [
    path("", OfficerHomePage.as_view(), name="officer-home"),
    path("cases/", CasesPage.as_view(), name="cases"),
    path("cases/new/", OpenCasePage.as_view(), name="case-new"),
    path("cases/<uuid:case_id>/", CaseOverviewPage.as_view(), name="case"),
    path("cases/<uuid:case_id>/person/", PersonPage.as_view(), name="case-person"),
    path("cases/<uuid:case_id>/passport/", PassportPage.as_view(), name="case-passport"),
    path("cases/<uuid:case_id>/questions/", QuestionsPage.as_view(), name="case-questions"),
    path("cases/<uuid:case_id>/questions/<uuid:question_id>/", AnswerPage.as_view(), name="case-answer"),
    path("cases/<uuid:case_id>/contacts/", ContactsPage.as_view(), name="case-contacts"),
    path("cases/<uuid:case_id>/contacts/<slug:kind>/", ContactPage.as_view(), name="case-contact"),
    path("cases/<uuid:case_id>/contacts/<slug:kind>/code/", ContactCodePage.as_view(), name="case-contact-code"),
    path("cases/<uuid:case_id>/issue/", IssuePage.as_view(), name="case-issue"),
    path("cases/<uuid:case_id>/reopen/", ReopenPage.as_view(), name="case-reopen"),
    path("cases/<uuid:case_id>/second/", SecondPage.as_view(), name="case-second"),
    path("cases/<uuid:case_id>/approve/", ApproveAuthenticatorPage.as_view(), name="case-approve"),
    path("cases/<uuid:case_id>/device/", DevicePage.as_view(), name="case-device"),
    path("cases/<uuid:case_id>/sheet/", SheetPage.as_view(), name="case-sheet"),
    path("cases/<uuid:case_id>/sheet/<slug:kind>/", PaperCodePage.as_view(), name="case-paper-code"),
    path("cases/<uuid:case_id>/block/", CaseBlockPage.as_view(), name="case-block"),
    path(
        "cases/<uuid:case_id>/authenticators/<slug:kind>/<uuid:authenticator_id>/block/",
        CaseAuthenticatorBlockPage.as_view(),
        name="case-block-authenticator",
    ),
    path(
        "cases/<uuid:case_id>/authenticators/<slug:kind>/<uuid:authenticator_id>/reopen/",
        CaseAuthenticatorReopenPage.as_view(),
        name="case-reopen-authenticator",
    ),
    path("cases/<uuid:case_id>/clock/", CaseResyncPage.as_view(), name="case-resync"),
    path("cases/<uuid:case_id>/refuse/", RefusePage.as_view(), name="case-refuse"),
    path("cases/<uuid:case_id>/refusal/", RefusalPage.as_view(), name="case-refusal"),
    path("cases/<uuid:case_id>/cancel/", CancelCasePage.as_view(), name="case-cancel"),
    path("support/", SearchPage.as_view(), name="support-search"),
    path("support/calls/<uuid:call_id>/", CitizenPage.as_view(), name="support-citizen"),
    path("support/calls/<uuid:call_id>/identify/", IdentifyPage.as_view(), name="support-identify"),
    path(
        "support/calls/<uuid:call_id>/questions/<uuid:question_id>/",
        CallerAnswerPage.as_view(),
        name="support-answer",
    ),
    path("support/calls/<uuid:call_id>/block/", BlockPage.as_view(), name="support-block"),
    path(
        "support/calls/<uuid:call_id>/authenticators/<slug:kind>/<uuid:authenticator_id>/block/",
        AuthenticatorBlockPage.as_view(),
        name="support-block-authenticator",
    ),
    path("support/calls/<uuid:call_id>/code/", SendCodePage.as_view(), name="support-send-code"),
    path("support/calls/<uuid:call_id>/temporary-pin/", SendPinPage.as_view(), name="support-send-pin"),
    path("support/calls/<uuid:call_id>/messages/", MessagesPage.as_view(), name="support-messages"),
    path("support/calls/<uuid:call_id>/clock/", ResyncPage.as_view(), name="support-resync"),
    path(
        "support/calls/<uuid:call_id>/changes/<uuid:change_id>/stop/",
        StopChangePage.as_view(),
        name="support-stop-change",
    ),
    path("support/calls/<uuid:call_id>/user-id/", UserIdPage.as_view(), name="support-user-id"),
    path("log/", LogSearchPage.as_view(), name="log"),
    path("log/events/<slug:key>/", LogEventPage.as_view(), name="log-event"),
    path("log/seals/", SealsPage.as_view(), name="log-seals"),
    path("operations/", LivePage.as_view(), name="operations"),
    path("operations/numbers.json", LiveNumbers.as_view(), name="operations-numbers"),
    path("operations/dead-letters/", DeadLettersPage.as_view(), name="operations-dead-letters"),
    path("operations/dead-letters/<uuid:delivery_id>/", ResendPage.as_view(), name="operations-resend"),
    path("operations/messages/", PreviewsPage.as_view(), name="operations-messages"),
    path("operations/messages/<slug:kind>/<slug:language>/", PreviewPage.as_view(), name="operations-message"),
    path(
        "operations/messages/<slug:kind>/<slug:language>/html/",
        PreviewFrame.as_view(),
        name="operations-message-html",
    ),
]
