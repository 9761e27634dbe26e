"""One code sent many times at the same moment, and wrong ones of nobody's."""

from functools import partial

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import Actor
from hsm.api import HsmUnavailable
from identities.api import accept_code
from identities.models import DeviceTries
from tests.factories.identities import a_resident
from tests.factories.together import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def send(subject, code, source, now):
    with transaction.atomic():
        return accept_code(subject=subject, typed=code, source=source, actor=Actor.visitor(), now=now)


def send_or_be_told_to_wait(subject, code, source, now):
    """A machine that is busy with fifty may find the module too slow for one of them: that one is not let in."""
    try:
        return send(subject, code, source, now)
    except HsmUnavailable:
        return None


def test_sec_3_of_fifty_who_send_one_code_at_the_same_moment_one_is_let_in(now):
    """SEC-3: one acceptance a step, whoever asks how often."""
    resident = a_resident(now=now)
    code = resident.device.code(now)
    acts = [
        partial(send_or_be_told_to_wait, resident.identity_id, code, f"source {number}", now) for number in range(50)
    ]
    assert sum(outcome is not None for outcome in at_once(*acts)) == 1


def test_try_2_nobodys_wrong_codes_at_the_same_moment_are_counted_in_one_row(now):
    """TRY-2: they wait for each other, as for a device's row; none finds the counter of another in its way."""
    subject = uuid7()
    assert at_once(*[partial(send, subject, "000000", "here", now)] * 10) == [None] * 10
    counter = DeviceTries.objects.get()
    assert (counter.subject, counter.pauses_taken, counter.wrong_in_a_row) == (subject, 1, 0)
