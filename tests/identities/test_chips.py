"""Chips: enrolled, asked, believed, and found out."""

from datetime import timedelta

import pytest
from django.db import transaction

from audit.api import Actor, EventKind, events_about
from identities.api import (
    Activated,
    ActivationRefusal,
    ActivationRefused,
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    AuthenticatorState,
    BlockSource,
    ChipNotEnrolled,
    ChipOutcome,
    ChipRefusal,
    CodeCarrier,
    CodeGiven,
    CodeNotGiven,
    PasswordNeeded,
    accept_chip,
    activate_chip,
    authenticators_of,
    block_authenticator,
    chip_login_options,
    chip_registration_options,
    enrol_chip,
    give_activation_code,
    identity_by_id,
    made_up_subject,
    new_challenge,
    verify_chip_registration,
)
from identities.models import Chip, Identity
from notifications.api import MessageKind
from notifications.models import Delivery
from tests.factories.authenticators import a_visit_long_past
from tests.factories.chip import SoftwareChip, from_base64url
from tests.factories.identities import a_resident, an_issued_identity, an_officer

pytestmark = pytest.mark.django_db
HIGH, SUBSTANTIAL = AssuranceLevel.HIGH, AssuranceLevel.SUBSTANTIAL


def registered(chip, user_id, identity_id=None):
    options, challenge = chip_registration_options(identity_id=identity_id, user_id=user_id)
    credential = verify_chip_registration(chip.create(options), challenge=challenge)
    assert not isinstance(credential, ChipRefusal)
    return credential


def enrol(chip, identity_id, user_id, now, level=SUBSTANTIAL):
    with transaction.atomic():
        return enrol_chip(
            identity_id=identity_id,
            credential=registered(chip, user_id, identity_id),
            enrolled_level=level,
            actor=Actor.citizen(identity_id),
            now=now,
        )


def log_in(chip, identity_id, user_id, now, **lies):
    challenge = new_challenge()
    options = chip_login_options(identity_id=identity_id, user_id=user_id, challenge=challenge)
    return answer(identity_id, chip.get(options, **lies), challenge, now)


def answer(identity_id, response, challenge, now, asked_at=None):
    with transaction.atomic():
        return accept_chip(
            subject=identity_id or made_up_subject("findes ikke"),
            response=response,
            challenge=challenge,
            asked_at=asked_at or now,
            actor=Actor.visitor(),
            now=now,
        )


def a_code(identity_id, now, kind=AuthenticatorKind.CHIP):
    a_visit_long_past(identity_id)
    with transaction.atomic():
        given = give_activation_code(
            identity_id=identity_id,
            kind=kind,
            carrier=CodeCarrier.PAPER,
            proven_level=AssuranceLevel.HIGH,
            actor=an_officer(),
            now=now,
        )
    assert isinstance(given, CodeGiven), given
    return given.text


def activate(user_id, code, credential, now):
    with transaction.atomic():
        return activate_chip(
            user_id=user_id,
            activation_code=code,
            credential=credential,
            actor=Actor.visitor(),
            now=now,
        )


@pytest.fixture
def holder(now):
    resident = a_resident(now=now)
    chip = SoftwareChip()
    enrol(chip, resident.identity_id, resident.user_id, now)
    return resident.identity_id, resident.user_id, chip


def told_of(identity_id, kind):
    return Delivery.objects.filter(reference=identity_id, kind=kind).count()


def test_aut_1_a_chip_is_enrolled_with_an_alert_and_opens_the_door(holder, now):
    """AUT-1, APR-7, ALR-2."""
    identity_id, user_id, chip = holder
    assert log_in(chip, identity_id, user_id, now) is ChipOutcome.ACCEPTED
    assert log_in(chip, identity_id, user_id, now) is ChipOutcome.ACCEPTED
    row = Chip.objects.get()
    assert (row.sign_count, row.last_used_at, row.enrolled_level) == (2, now, SUBSTANTIAL)
    view = next(view for view in authenticators_of(identity_id) if view.kind is AuthenticatorKind.CHIP)
    assert (view.state, view.enrolled_level) == (AuthenticatorState.ACTIVE, SUBSTANTIAL)
    kinds = [line.kind for line in events_about(subject_id=identity_id, limit=50)]
    assert EventKind.AUTHENTICATOR_ACTIVATED in kinds
    assert told_of(identity_id, MessageKind.AUTHENTICATOR_ACTIVATED) >= 2


def test_aut_1_there_is_one_chip_and_one_owner_of_a_credential(holder, now):
    """AUT-1."""
    identity_id, user_id, chip = holder
    assert enrol(SoftwareChip(), identity_id, user_id, now) is ChipRefusal.AT_MOST
    other_id, other_user_id, *_ = an_issued_identity(now=now)
    assert enrol(chip, other_id, other_user_id, now) is ChipRefusal.TAKEN
    assert Chip.objects.count() == 1


def test_aut_1_the_same_hardware_is_enrolled_anew_after_a_block_with_a_fresh_key_only(holder, now):
    """AUT-1."""
    identity_id, user_id, chip = holder
    with transaction.atomic():
        assert block_authenticator(
            identity_id=identity_id,
            kind=AuthenticatorKind.CHIP,
            authenticator_id=Chip.objects.get().id,
            reason=AuthenticatorBlockReason.LOST_DEVICE,
            actor=Actor.citizen(identity_id),
            now=now,
        )
    assert log_in(chip, identity_id, user_id, now) is ChipOutcome.WRONG
    assert enrol(chip, identity_id, user_id, now) is ChipRefusal.TAKEN
    fresh = SoftwareChip(aaguid=chip.aaguid)
    assert not isinstance(enrol(fresh, identity_id, user_id, now), ChipRefusal)
    assert log_in(fresh, identity_id, user_id, now) is ChipOutcome.ACCEPTED


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"challenge": bytes(32)},
        {"flags": 0},
        {"kind": "webauthn.create"},
        {"cross_origin": True},
    ],
)
def test_try_2_a_wrong_answer_is_refused_and_counts_against_nobodys_chip(holder, now, lie):
    """TRY-2: as many as a stranger likes; the chip is not locked."""
    identity_id, user_id, chip = holder
    for _ in range(12):
        assert log_in(chip, identity_id, user_id, now, **lie) is ChipOutcome.WRONG
    assert log_in(chip, identity_id, user_id, now) is ChipOutcome.ACCEPTED


def test_another_chip_another_challenge_and_an_answer_played_again_open_nothing(holder, now):
    identity_id, user_id, chip = holder
    other = SoftwareChip(credential_id=chip.credential_id)
    assert log_in(other, identity_id, user_id, now) is ChipOutcome.WRONG
    challenge = new_challenge()
    response = chip.get(chip_login_options(identity_id=identity_id, user_id=user_id, challenge=challenge))
    assert answer(identity_id, response, new_challenge(), now) is ChipOutcome.WRONG
    renamed = SoftwareChip(key=chip.key, sign_count=50)
    assert log_in(renamed, identity_id, user_id, now) is ChipOutcome.WRONG
    assert answer(identity_id, response, challenge, now) is ChipOutcome.ACCEPTED
    assert answer(identity_id, response, challenge, now) is ChipOutcome.COPIED


@pytest.mark.parametrize("garbage", [None, {}, [], "x", {"id": "x" * 1_000_000}])
def test_garbage_is_a_wrong_answer(holder, now, garbage):
    identity_id, *_ = holder
    assert answer(identity_id, garbage, new_challenge(), now) is ChipOutcome.WRONG


@pytest.mark.parametrize("shown", [0, 4, 5])
def test_a_count_that_does_not_rise_suspends_the_chip_and_tells_its_citizen(now, shown):
    """WebAuthn section 6.1.1; BLK-3: nothing that the citizen reopens alone."""
    resident = a_resident(now=now)
    chip = SoftwareChip(sign_count=5)
    enrol(chip, resident.identity_id, resident.user_id, now)
    later = now + timedelta(minutes=1)
    seen = log_in(chip, resident.identity_id, resident.user_id, later, count=shown)
    assert seen is ChipOutcome.COPIED
    row = Chip.objects.get()
    assert (row.state, row.suspended_by) == (AuthenticatorState.SUSPENDED, BlockSource.FRAUD)
    assert identity_by_id(resident.identity_id).signed_out_at == later
    assert told_of(resident.identity_id, MessageKind.AUTHENTICATOR_SUSPENDED) >= 2
    assert log_in(chip, resident.identity_id, resident.user_id, later) is ChipOutcome.WRONG


@pytest.mark.parametrize("seconds", [-1, 0])
def test_try_2_an_answer_that_another_overtook_is_refused_and_suspends_nothing(holder, now, seconds):
    """TRY-2: two tabs; only a challenge that was made after the last use tells of two chips with one key."""
    identity_id, user_id, chip = holder
    challenge, later = new_challenge(), now + timedelta(minutes=1)
    held_up = chip.get(chip_login_options(identity_id=identity_id, user_id=user_id, challenge=challenge))
    assert log_in(chip, identity_id, user_id, later) is ChipOutcome.ACCEPTED
    asked_at = later + timedelta(seconds=seconds)
    is_copy = seconds == 0
    outcome = answer(identity_id, held_up, challenge, later + timedelta(minutes=1), asked_at=asked_at)
    assert outcome is (ChipOutcome.COPIED if is_copy else ChipOutcome.WRONG)
    assert Chip.objects.get().state == (AuthenticatorState.SUSPENDED if is_copy else AuthenticatorState.ACTIVE)
    assert log_in(chip, identity_id, user_id, later) is (ChipOutcome.WRONG if is_copy else ChipOutcome.ACCEPTED)


def test_try_2_a_stranger_cannot_have_a_chip_suspended_by_a_made_up_low_count(holder, now):
    """TRY-2: the signature comes first."""
    identity_id, user_id, chip = holder
    stranger = SoftwareChip(credential_id=chip.credential_id)
    assert log_in(stranger, identity_id, user_id, now, count=0) is ChipOutcome.WRONG
    assert Chip.objects.get().state == AuthenticatorState.ACTIVE


def test_a_make_whose_count_is_always_nought_is_believed_each_time(now):
    resident = a_resident(now=now)
    chip = SoftwareChip(counts=False)
    enrol(chip, resident.identity_id, resident.user_id, now)
    for _ in range(3):
        assert log_in(chip, resident.identity_id, resident.user_id, now) is ChipOutcome.ACCEPTED


def asked_for(identity_id, user_id):
    options = chip_login_options(identity_id=identity_id, user_id=user_id, challenge=bytes(32))
    (credential,) = options["allowCredentials"]
    return options.keys(), credential.keys(), from_base64url(credential["id"])


def test_try_2_who_has_no_chip_and_who_does_not_exist_are_asked_alike_and_the_same_each_time(holder, now):
    """TRY-2."""
    identity_id, user_id, chip = holder
    without = a_resident(now=now)
    real = asked_for(identity_id, user_id)
    assert real[2] == chip.credential_id
    nobody, nobody_again = asked_for(None, "findes ikke"), asked_for(None, "FINDES IKKE")
    assert nobody == nobody_again
    assert asked_for(without.identity_id, without.user_id) == asked_for(None, without.user_id)
    assert real[:2] == nobody[:2]
    assert asked_for(None, "findes heller ikke")[2] != nobody[2]
    lengths = {len(asked_for(None, f"ingen {number}")[2]) for number in range(40)}
    assert lengths == {16, 32, 48, 64}


def test_try_2_registration_options_without_a_login_look_alike_for_everybody(holder, now):
    """TRY-2."""
    _, user_id, _ = holder
    known, _ = chip_registration_options(identity_id=None, user_id=user_id)
    unknown, _ = chip_registration_options(identity_id=None, user_id="findes ikke")
    assert known.keys() == unknown.keys()
    assert known["excludeCredentials"] == unknown["excludeCredentials"] == []
    assert len(known["user"]["id"]) == len(unknown["user"]["id"])
    again, _ = chip_registration_options(identity_id=None, user_id=user_id.upper())
    assert again["user"]["id"] == known["user"]["id"] != unknown["user"]["id"]


def test_behind_a_login_the_chip_that_stands_is_not_registered_twice(holder):
    identity_id, user_id, chip = holder
    options, challenge = chip_registration_options(identity_id=identity_id, user_id=user_id)
    assert [from_base64url(item["id"]) for item in options["excludeCredentials"]] == [chip.credential_id]
    assert from_base64url(options["challenge"]) == challenge
    assert len(challenge) == 32


def test_nobodys_answer_is_wrong(now):
    chip = SoftwareChip()
    assert log_in(chip, None, "findes ikke", now) is ChipOutcome.WRONG


def test_sec_4_a_chip_is_activated_with_a_code_and_leaves_the_password_alone(now):
    """SEC-4: for one authenticator. LVL-2."""
    resident = a_resident(now=now, level=HIGH)
    before = Identity.objects.get(pk=resident.identity_id).password
    code, chip = a_code(resident.identity_id, now), SoftwareChip()
    credential = registered(chip, resident.user_id)
    assert activate(resident.user_id, code, credential, now) == Activated(resident.identity_id)
    assert Chip.objects.get().enrolled_level == HIGH
    assert log_in(chip, resident.identity_id, resident.user_id, now) is ChipOutcome.ACCEPTED
    assert Identity.objects.get(pk=resident.identity_id).password == before
    assert activate(resident.user_id, code, credential, now) == ActivationRefused(ActivationRefusal.NO_CODE)


def test_sec_4_a_chips_code_makes_no_password_and_is_still_good_when_there_is_one(now):
    """SEC-4, TRY-2: only who has the right code is told that the password is missing."""
    resident = a_resident(now=now)
    code, credential = a_code(resident.identity_id, now), registered(SoftwareChip(), resident.user_id)
    hash_of_it = Identity.objects.get(pk=resident.identity_id).password
    Identity.objects.filter(pk=resident.identity_id).update(password="")
    wrong = activate(resident.user_id, code[:6] + "WRONGWRO", credential, now)
    assert wrong == ActivationRefused(ActivationRefusal.WRONG_CODE)
    assert activate(resident.user_id, code, credential, now) == PasswordNeeded()
    assert not Chip.objects.exists()
    assert Identity.objects.get(pk=resident.identity_id).password == ""
    [event, *_] = events_about(subject_id=resident.identity_id, limit=1)
    assert (event.kind, event.facts["reason"]) == (EventKind.ACTIVATION_REFUSED, "no_password")
    Identity.objects.filter(pk=resident.identity_id).update(password=hash_of_it)
    assert activate(resident.user_id, code, credential, now) == Activated(resident.identity_id)


def test_sec_4_three_wrong_secrets_kill_the_code_and_strangers_do_not(now):
    """SEC-4, TRY-2."""
    resident = a_resident(now=now)
    code = a_code(resident.identity_id, now)
    credential = registered(SoftwareChip(), resident.user_id)
    for _ in range(9):
        stranger = activate(resident.user_id, "A2A2A2WRONGWRO", credential, now)
        assert stranger == ActivationRefused(ActivationRefusal.NO_CODE)
    for _ in range(3):
        wrong = activate(resident.user_id, code[:6] + "WRONGWRO", credential, now)
        assert wrong == ActivationRefused(ActivationRefusal.WRONG_CODE)
    assert activate(resident.user_id, code, credential, now) == ActivationRefused(ActivationRefusal.NO_CODE)


def test_sec_4_an_old_code_and_one_for_another_authenticator_activate_nothing(now):
    """SEC-4."""
    resident = a_resident(now=now)
    credential = registered(SoftwareChip(), resident.user_id)
    code = a_code(resident.identity_id, now)
    late = now + timedelta(hours=48)
    assert activate(resident.user_id, code, credential, late) == ActivationRefused(ActivationRefusal.EXPIRED)
    for_password = a_code(resident.identity_id, late, kind=AuthenticatorKind.PASSWORD)
    refused = activate(resident.user_id, for_password, credential, late)
    assert refused == ActivationRefused(ActivationRefusal.NO_CODE)
    unknown = activate("findes ikke", code, credential, now)
    assert unknown == ActivationRefused(ActivationRefusal.NO_CODE)


def test_a_code_outlives_a_chip_that_is_not_taken(holder, now):
    _, _, chip = holder
    resident = a_resident(now=now)
    code = a_code(resident.identity_id, now)
    foreign = registered(chip, resident.user_id)
    assert activate(resident.user_id, code, foreign, now) == ChipNotEnrolled(ChipRefusal.TAKEN)
    own = registered(SoftwareChip(), resident.user_id)
    assert activate(resident.user_id, code, own, now) == Activated(resident.identity_id)


def test_aut_1_there_is_no_code_for_a_second_chip(holder, now):
    """AUT-1."""
    identity_id, *_ = holder
    with transaction.atomic():
        given = give_activation_code(
            identity_id=identity_id,
            kind=AuthenticatorKind.CHIP,
            carrier=CodeCarrier.PAPER,
            proven_level=AssuranceLevel.HIGH,
            actor=an_officer(),
            now=now,
        )
    assert isinstance(given, CodeNotGiven)
