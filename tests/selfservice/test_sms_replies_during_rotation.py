"""A rotation of the key for look-ups lets nobody be answered more often."""

import pytest

from hsm.keyring import forget_keyring
from hsm.states import KeyName
from notifications.api import MessageKind
from notifications.models import Delivery
from selfservice.rules import ANSWERS_A_DAY
from selfservice.states import SmsReplyOutcome
from selfservice.usecases.take_sms_reply import take_sms_reply
from tests.factories.identities import a_resident
from tests.hsm.rotation import rotate


@pytest.mark.django_db
def test_answers_are_counted_across_versions(now):
    one, other = (a_resident(now=now).phone for _ in range(2))
    said = Delivery.objects.filter(kind=MessageKind.REPLY_NOT_UNDERSTOOD)
    for _ in range(ANSWERS_A_DAY):
        assert take_sms_reply(sender=one, text="hvad", now=now) is SmsReplyOutcome.NOT_UNDERSTOOD
    rotate(KeyName.LOOKUP)
    try:
        assert take_sms_reply(sender=one, text="hvad", now=now) is SmsReplyOutcome.IGNORED
        assert take_sms_reply(sender=other, text="hvad", now=now) is SmsReplyOutcome.NOT_UNDERSTOOD
    finally:
        forget_keyring()
    assert said.count() == ANSWERS_A_DAY + 1
