"""Whoever tries something with a user ID waits in one line, for somebody and for nobody alike (TRY-2)."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction

from audit.api import Actor
from identities.api import (
    accept_chip,
    accept_code,
    activate_chip,
    activate_code_device,
    activate_password,
    identity_by_user_id,
    made_up_subject,
)
from identities.steps.locking import stand_in_line
from identities.webauthn import ChipCredential
from tests.factories.apps import Phone, begun
from tests.factories.identities import PASSWORD, a_resident
from tests.factories.together import at_once

NOBODYS = "ingen har dette"
CHIP = ChipCredential(credential_id=b"c", public_key=b"k", aaguid=UUID(int=0), sign_count=0, transports=())
CODE = "333333WRONGWRO"


def subject_of(user_id: str) -> UUID:
    identity = identity_by_user_id(user_id)
    return identity.id if identity else made_up_subject(user_id)


def by_code(user_id: str, now: datetime) -> object:
    return accept_code(subject=subject_of(user_id), typed="000000", source="s", actor=Actor.visitor(), now=now)


def by_chip(user_id: str, now: datetime) -> object:
    return accept_chip(
        subject=subject_of(user_id), response={}, challenge=b"c", asked_at=now, actor=Actor.visitor(), now=now
    )


def by_device(user_id: str, now: datetime) -> object:
    return activate_code_device(
        user_id=user_id,
        activation_code=CODE,
        device_code="000000",
        password=PASSWORD,
        actor=Actor.visitor(),
        now=now,
    )


def by_new_chip(user_id: str, now: datetime) -> object:
    return activate_chip(user_id=user_id, activation_code=CODE, credential=CHIP, actor=Actor.visitor(), now=now)


def by_new_password(user_id: str, now: datetime) -> object:
    return activate_password(user_id=user_id, activation_code=CODE, password=PASSWORD, actor=Actor.visitor(), now=now)


def by_app(user_id: str, now: datetime) -> object:
    return begun(user_id, Phone(), code=CODE, now=now)


def impatiently(act: Callable[[str, datetime], object], user_id: str, now: datetime) -> None:
    """Act, and give up instead of waiting for a lock."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
        act(user_id, now)


ACTS = [by_code, by_chip, by_device, by_new_chip, by_new_password, by_app]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_somebody", [True, False])
@pytest.mark.parametrize("act", ACTS)
def test_try_2_an_act_waits_for_another_of_the_same_user_id(now, act: Callable[..., object], is_somebody: bool) -> None:
    """TRY-2: eight at once take as long for a user ID that exists as for one that does not."""
    user_id = a_resident(now=now).user_id if is_somebody else NOBODYS

    def while_another_is_tried() -> str:
        with pytest.raises(OperationalError, match="lock timeout"):
            impatiently(act, user_id.upper(), now)
        return "waited"

    with transaction.atomic():
        stand_in_line(subject_of(user_id))
        assert at_once(while_another_is_tried) == ["waited"]
    with transaction.atomic():
        act(user_id, now)


@pytest.mark.django_db(transaction=True)
def test_who_tries_something_for_another_user_id_does_not_wait(now):
    with transaction.atomic():
        stand_in_line(made_up_subject(NOBODYS))

        def for_another() -> str:
            impatiently(by_code, "en anden", now)
            return "went on"

        assert at_once(for_another) == ["went on"]


def test_try_2_nobodys_subject_is_the_same_however_it_is_cased_and_no_identitys():
    """TRY-2, UID-2: version 8, where identities have version 7."""
    assert made_up_subject("Ingen") == made_up_subject("ingen") != made_up_subject("ingen her")
    assert made_up_subject("ingen").version == 8
