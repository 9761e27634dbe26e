"""What the tests of notifications share."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from hsm import api as hsm
from notifications import wake as waking
from notifications.messages import ContactCode, Message
from notifications.models import Delivery
from notifications.sealing import Column, index_address, seal_column
from notifications.states import Channel, DeliveryState, Language, MessageKind, Priority
from notifications.steps import Address, enqueue
from notifications.transports import smtp_connection
from tests.notifications.http_sms_stand_in import HttpSmsStandIn
from tests.notifications.mail_server import MailServer
from tests.notifications.twilio_stand_in import TwilioStandIn

PHONE = "+4520123456"
EMAIL = "anna.berg@example.dk"


@pytest.fixture(autouse=True)
def broker_is_not_resting() -> Iterator[None]:
    """A test that lost its broker leaves no pause to the next."""
    waking.rest.end()
    yield
    waking.rest.end()


def asks_local(_channel: Channel, _avoided: str | None) -> str:
    """Choose the provider for a claim that the test settles itself."""
    return "local"


def sms_address(value: str = PHONE) -> Address:
    return Address(channel=Channel.SMS, value=value, id=uuid4())


def email_address(value: str = EMAIL) -> Address:
    return Address(channel=Channel.EMAIL, value=value, id=uuid4())


def put(
    now: datetime,
    *addresses: Address,
    message: Message | None = None,
    spare: tuple[Address, ...] = (),
    reference: UUID | None = None,
) -> list[UUID]:
    """Enqueue as a use case does, in a transaction of its own."""
    with transaction.atomic():
        return enqueue(
            message=message or ContactCode(code="123456", minutes=15),
            addresses=addresses or (sms_address(),),
            spare_addresses=spare,
            language=Language.DA,
            reference=reference or uuid4(),
            now=now,
        )


def row(now: datetime, **changes: object) -> Delivery:
    """An unsaved delivery that every constraint allows."""
    delivery_id = uuid7()
    is_inbox = changes.get("channel") == Channel.APP
    values: dict[str, object] = {
        "id": delivery_id,
        "message_id": uuid7(),
        "kind": MessageKind.IDENTITY_ISSUED,
        "channel": Channel.EMAIL,
        "priority": Priority.ALERT,
        "language": Language.DA,
        "contact_id": uuid4(),
        "reference": uuid4(),
        "address_sealed": seal_column(EMAIL, column=Column.ADDRESS, delivery_id=delivery_id),
        "address_index": None if is_inbox else index_address(EMAIL),
        "subject_sealed": seal_column("Hej", column=Column.SUBJECT, delivery_id=delivery_id),
        "body_sealed": seal_column("Hej", column=Column.BODY, delivery_id=delivery_id),
        "state": DeliveryState.QUEUED,
        "created_at": now,
        "next_attempt_at": now,
    }
    return Delivery(**(values | changes))


@pytest.fixture
def twilio(settings) -> Iterator[TwilioStandIn]:
    """The settings point at a stand-in that answers as Twilio does."""
    with TwilioStandIn() as stand_in:
        settings.SMS_TRANSPORTS = ["notifications.transports.twilio_sms.TwilioSms"]
        settings.TWILIO_ACCOUNT_SID = stand_in.account_sid
        settings.TWILIO_AUTH_TOKEN = stand_in.auth_token
        settings.TWILIO_FROM = "+4592400000"
        settings.TWILIO_BASE_URL = stand_in.address
        settings.SEND_TIMEOUT_SECONDS = 0.5
        yield stand_in


@pytest.fixture
def http_sms(settings) -> Iterator[HttpSmsStandIn]:
    """The settings point at a stand-in for the second provider of text messages, which is the only one."""
    with HttpSmsStandIn() as stand_in:
        settings.SMS_TRANSPORTS = ["notifications.transports.http_sms.HttpSms"]
        settings.HTTP_SMS_URL = f"{stand_in.address}/v1"
        settings.HTTP_SMS_KEY = stand_in.key
        settings.HTTP_SMS_SECRET = stand_in.secret
        settings.HTTP_SMS_FROM = "+4592400001"
        settings.SEND_TIMEOUT_SECONDS = 0.5
        yield stand_in


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """The settings point at a real SMTP server whose replies the test may script."""
    with MailServer() as server:
        settings.EMAIL_TRANSPORT = "notifications.transports.smtp_email.SmtpEmail"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = server.port
        settings.EMAIL_HOST_USER = ""
        settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = False
        settings.EMAIL_TIMEOUT = 1
        settings.EMAIL_ANSWER_SECONDS = 2
        yield server
        smtp_connection.hang_up()


@pytest.fixture
def hsm_is_away(settings):
    """The module cannot be loaded, as when its library or its network is gone."""

    def leave():
        settings.PKCS11_MODULE = "/nowhere/libhsm.so"
        hsm.forget()

    module = settings.PKCS11_MODULE
    yield leave
    settings.PKCS11_MODULE = module
    hsm.forget()
