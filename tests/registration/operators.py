"""What the tests of the operators' wing have in common: an operator, messages in every state, providers' minutes."""

from datetime import timedelta

from django.db import transaction

from notifications.messages import ContactCode, IdentityReopened
from notifications.models import Delivery
from notifications.states import Channel, DeliveryState
from notifications.steps import Counts, count_for_provider
from notifications.watching import HEARTBEAT_REFERENCE
from registration.states import OfficerRole
from tests.factories.registration import an_office, an_officer_of
from tests.notifications.conftest import put

SENT = {"state": DeliveryState.SENT, "attempts": 1, "provider": "twilio", "next_attempt_at": None}


def an_operator(*, now, office=None, days=364):
    return an_officer_of(office or an_office(now=now), now=now, role=OfficerRole.OPERATOR, days=days)


def a_message(*addresses, now, message=None, reference=None, **changes):
    """Store a message as a use case does, and put its row where the test wants it."""
    (delivery_id,) = put(now, *addresses, message=message or IdentityReopened(at=now), reference=reference)
    if changes:
        Delivery.objects.filter(pk=delivery_id).update(**changes)
    return Delivery.objects.get(pk=delivery_id)


def a_dead_letter(*addresses, now, failure="twilio_30005", **changes):
    values = {
        "state": DeliveryState.GIVEN_UP,
        "given_up_at": now,
        "failure": failure,
        "attempts": 2,
        "provider": "twilio",
        "next_attempt_at": None,
    }
    return a_message(*addresses, now=now, **(values | changes))


def a_dead_code(*addresses, now):
    return a_dead_letter(*addresses, now=now - timedelta(hours=1), message=ContactCode(code="123456", minutes=15))


def answered(*, at, provider="twilio", channel=Channel.SMS, **counts):
    with transaction.atomic():
        count_for_provider(provider=provider, channel=channel, counts=Counts(**counts), at=at)


def handed_heartbeat(*, at, channel):
    return Delivery.objects.filter(reference=HEARTBEAT_REFERENCE, channel=channel).update(
        **SENT | {"sent_at": at, "provider_reference": f"{channel}{at.timestamp()}"}
    )
