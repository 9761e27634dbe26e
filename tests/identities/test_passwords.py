"""Passwords that were forgotten or blocked, and who has none."""

from datetime import timedelta

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import Actor, EventKind, events_about
from identities.api import (
    Activated,
    ActivationRefusal,
    ActivationRefused,
    AssuranceLevel,
    AuthenticatorKind,
    ChangeField,
    ChangeNotTaken,
    CodeCarrier,
    CodeGiven,
    Guessability,
    PasswordRefusal,
    PasswordRefused,
    RequestRefusal,
    accept_password,
    activate_password,
    create_change,
    encoded_password,
    give_activation_code,
    guessability_of,
    identity_by_id,
    pending_changes_of,
)
from identities.models import ActivationCode, Identity, PasswordFactor
from identities.states import ActivationCodeState, PasswordState
from notifications.api import MessageKind
from notifications.models import Delivery
from tests.factories.identities import PASSWORD, a_resident, an_issued_identity, an_officer

pytestmark = pytest.mark.django_db
NEW = "Grøn-Giraf-Gynger-4"


def a_code(identity_id, now, carrier=CodeCarrier.PAPER):
    with transaction.atomic():
        given = give_activation_code(
            identity_id=identity_id,
            kind=AuthenticatorKind.PASSWORD,
            carrier=carrier,
            proven_level=AssuranceLevel.HIGH if carrier is CodeCarrier.PAPER else None,
            actor=an_officer(),
            now=now,
        )
    assert isinstance(given, CodeGiven), given
    return given.text


def activate(user_id, code, now, password=NEW):
    with transaction.atomic():
        return activate_password(
            user_id=user_id, activation_code=code, password=password, actor=Actor.visitor(), now=now
        )


def opens(identity_id, password, at):
    with transaction.atomic():
        return accept_password(identity_id=identity_id, typed=password, actor=Actor.visitor(), now=at)


def block(identity_id, at):
    for _ in range(3):
        for _ in range(3):
            assert not opens(identity_id, "forkert-kode", at)
        at += timedelta(hours=1)
    assert PasswordFactor.objects.get(pk=identity_id).state == PasswordState.BLOCKED
    return at


def ask_for(identity_id, encoded, now):
    with transaction.atomic():
        return create_change(
            identity_id=identity_id,
            field=ChangeField.PASSWORD,
            new_value=encoded,
            proof_id=None,
            login_id=uuid7(),
            login_level=AssuranceLevel.SUBSTANTIAL,
            wait=timedelta(hours=1),
            lasts=timedelta(hours=24),
            stop_address="https://mitid.example/stop/{}/".format,
            actor=Actor.citizen(identity_id),
            now=now,
        )


def test_aut_1_a_forgotten_password_is_chosen_anew_with_a_code(now):
    """AUT-1, SEC-4, ALR-2."""
    resident = a_resident(now=now)
    code = a_code(resident.identity_id, now)
    later = now + timedelta(minutes=5)
    assert activate(resident.user_id.upper(), f"{code[:6]} {code[6:].lower()}", later) == Activated(
        resident.identity_id
    )
    assert not opens(resident.identity_id, PASSWORD, later)
    assert opens(resident.identity_id, NEW, later)
    assert identity_by_id(resident.identity_id).signed_out_at == later
    assert ActivationCode.objects.get(kind=AuthenticatorKind.PASSWORD).state == ActivationCodeState.USED
    kinds = [line.kind for line in events_about(subject_id=resident.identity_id, limit=50)]
    assert kinds.count(EventKind.AUTHENTICATOR_ACTIVATED) == 3
    told = Delivery.objects.filter(reference=resident.identity_id, kind=MessageKind.AUTHENTICATOR_ACTIVATED)
    assert told.count() >= 4
    assert activate(resident.user_id, code, later) == ActivationRefused(ActivationRefusal.NO_CODE)


def test_aut_1_a_blocked_password_comes_back_by_a_code_alone(now):
    """AUT-1: not by the right password, not by waiting, not by the double login."""
    resident = a_resident(now=now)
    at = block(resident.identity_id, now)
    assert not opens(resident.identity_id, PASSWORD, at + timedelta(days=400))
    asked = ask_for(resident.identity_id, encoded_password(NEW, identity_id=resident.identity_id), at)
    assert asked == ChangeNotTaken(RequestRefusal.IS_BLOCKED)
    code = a_code(resident.identity_id, at)
    assert activate(resident.user_id, code, at) == Activated(resident.identity_id)
    assert opens(resident.identity_id, NEW, at)
    factor = PasswordFactor.objects.get(pk=resident.identity_id)
    assert (factor.state, factor.blocked_at, factor.last_used_at) == (PasswordState.ACTIVE, None, at)


def test_a_new_password_ends_the_changes_that_wait(now):
    resident = a_resident(now=now)
    ask_for(resident.identity_id, encoded_password("Ond-Kat-Kravler-77", identity_id=resident.identity_id), now)
    assert len(pending_changes_of(resident.identity_id, now=now)) == 1
    assert activate(resident.user_id, a_code(resident.identity_id, now), now) == Activated(resident.identity_id)
    assert pending_changes_of(resident.identity_id, now=now) == []


def test_an_identity_without_a_password_gets_its_first_one_so(now):
    identity_id, user_id, *_ = an_issued_identity(now=now)
    assert not opens(identity_id, "", now)
    assert not opens(identity_id, PASSWORD, now)
    assert activate(user_id, a_code(identity_id, now), now) == Activated(identity_id)
    assert opens(identity_id, NEW, now)
    assert identity_by_id(identity_id).signed_out_at is None


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("kort", PasswordRefusal.TOO_SHORT),
        ("mit password 1", PasswordRefusal.CONTAINS_THE_WORD),
        ("Qwertyuiop-2", PasswordRefusal.KEYBOARD_ROW),
        ("xx1234098765x", PasswordRefusal.TEN_DIGITS),
        ("x" * 65, PasswordRefusal.TOO_LONG),
    ],
)
def test_sec_2_a_forbidden_password_is_told_of_alike_to_everybody_and_costs_no_try(now, password, reason):
    """SEC-2, TRY-2."""
    resident = a_resident(now=now)
    code = a_code(resident.identity_id, now)
    for user_id, typed in [(resident.user_id, code), (resident.user_id, "WRONGWRONGWRON"), ("findes ikke", code)]:
        for _ in range(4):
            assert activate(user_id, typed, now, password=password) == PasswordRefused(reason)
    taken_from_the_name = activate(resident.user_id, code, now, password=f"{resident.user_id}-4-ever")
    assert taken_from_the_name == PasswordRefused(PasswordRefusal.CONTAINS_USER_ID)
    assert activate(resident.user_id, code, now) == Activated(resident.identity_id)


def test_sec_4_three_wrong_secrets_kill_the_code_and_strangers_do_not(now):
    """SEC-4, TRY-2."""
    resident = a_resident(now=now)
    code = a_code(resident.identity_id, now)
    for _ in range(9):
        refused = activate(resident.user_id, "A2A2A2WRONGWRO", now)
        assert refused == ActivationRefused(ActivationRefusal.NO_CODE)
    for _ in range(3):
        refused = activate(resident.user_id, code[:6] + "WRONGWRO", now)
        assert refused == ActivationRefused(ActivationRefusal.WRONG_CODE)
    assert activate(resident.user_id, code, now) == ActivationRefused(ActivationRefusal.NO_CODE)
    assert opens(resident.identity_id, PASSWORD, now)


def test_sec_4_a_code_has_its_time_and_its_owner(now):
    """SEC-4."""
    resident, other = a_resident(now=now), a_resident(now=now)
    code = a_code(resident.identity_id, now)
    assert activate(other.user_id, code, now) == ActivationRefused(ActivationRefusal.NO_CODE)
    assert activate("findes ikke", code, now) == ActivationRefused(ActivationRefusal.NO_CODE)
    late = now + timedelta(hours=48)
    assert activate(resident.user_id, code, late) == ActivationRefused(ActivationRefusal.EXPIRED)


def test_key_1_what_waits_for_a_second_login_is_a_peppered_hash(now):
    """KEY-1, CHG-1."""
    resident = a_resident(now=now)
    encoded = encoded_password(NEW, identity_id=resident.identity_id)
    assert encoded.startswith("peppered_argon2id$1$argon2id$")
    assert NEW not in encoded
    Identity.objects.filter(pk=resident.identity_id).update(password=encoded)
    assert opens(resident.identity_id, NEW, now)


def test_sec_2_strength_is_shown_and_knows_the_user_id():
    """SEC-2."""
    assert guessability_of("skovtrold7", known=("skovtrold7",)) <= Guessability.VERY_EASY
    assert guessability_of(NEW) == Guessability.VERY_HARD
    assert guessability_of("") == Guessability.AT_ONCE
