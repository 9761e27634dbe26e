"""What the tests of the clerks' acts have in common."""

from datetime import timedelta

from django.db import transaction

from audit.api import Actor
from audit.models import AuditEvent
from identities.api import (
    BlockReason,
    BlockSource,
    Person,
    block_identity,
)
from registration.registers.fixture import fixture_people
from registration.usecases.look_up_citizen import look_up_citizen
from registration.usecases.record_passport import (
    record_passport,
)
from tests.factories.identities import an_issued_identity, texts_sent


def events(kind):
    return list(AuditEvent.objects.filter(kind=kind).order_by("id"))


def alerts(identity_id, kind):
    return texts_sent(reference=identity_id, kind=kind)


def person_with(**traits):
    return next(one for one in fixture_people() if all(getattr(one, name) == value for name, value in traits.items()))


def as_person(person):
    return Person(
        name=person.name, cpr_number=person.cpr_number, born_on=person.born_on, address=None, is_name_protected=False
    )


def identity_of(person, *, now):
    return an_issued_identity(now=now - timedelta(days=1), person=as_person(person))[0]


def block(identity_id, *, now, source=BlockSource.SUPPORT, reason=BlockReason.LOST_DEVICE):
    with transaction.atomic():
        block_identity(identity_id=identity_id, source=source, reason=reason, actor=Actor.system(), now=now)


def look_up(clerk, case_id, cpr_number, now):
    return look_up_citizen(officer_id=clerk.id, case_id=case_id, cpr_number=cpr_number, now=now)


def passport(clerk, case_id, line_1, line_2, now, *, photo=True):
    return record_passport(
        officer_id=clerk.id, case_id=case_id, line_1=line_1, line_2=line_2, is_photo_compared=photo, now=now
    )
