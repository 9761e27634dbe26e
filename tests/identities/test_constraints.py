"""What the rules forbid the database refuses as well: every constraint broken on purpose, column by column."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from uuid_utils.compat import uuid7

from audit.api import Actor
from authentication.models import Login, LoginRequest
from authentication.states import Door, RequestState
from authentication.usecases.give_code import give_code
from authentication.usecases.give_password import give_password
from authentication.usecases.open_login_request import open_login_request
from identities.api import BlockReason, BlockSource, accept_code, block_identity, hand_out_code_display, reopen_identity
from identities.models import (
    ActivationCode,
    Citizen,
    CodeDisplay,
    DisplayTries,
    Identity,
    IdentityBlock,
    PasswordFactor,
)
from tests.factories.identities import a_device, a_resident, an_officer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)

BREACHES = [
    (Citizen, "citizen_cpr_number_is_sealed_and_indexed_together", {"cpr_number_index": None}),
    (Citizen, "citizen_cpr_number_is_sealed_and_indexed_together", {"cpr_number_sealed": None}),
    (Identity, "identity_state_is_known", {"state": "asleep"}),
    (Identity, "identity_level_is_known", {"assurance_level": 4}),
    (Identity, "identity_language_is_known", {"language": "de"}),
    (Identity, "identity_user_id_has_at_least_5_characters", {"user_id": "abcd"}),
    (Identity, "identity_blocked_is_signed_out", {"state": "blocked", "signed_out_at": None}),
    (IdentityBlock, "block_source_is_known", {"source": "nobody"}),
    (IdentityBlock, "block_reason_is_known", {"reason": "why not"}),
    (IdentityBlock, "block_is_reopened_by_someone_later", {"reopened_at": None}),
    (IdentityBlock, "block_is_reopened_by_someone_later", {"reopened_by": None}),
    (IdentityBlock, "block_is_reopened_by_someone_later", {"reopened_at": F("blocked_at") - HOUR}),
    (CodeDisplay, "display_state_is_known", {"state": "lost"}),
    (CodeDisplay, "display_level_is_known", {"enrolled_level": 4}),
    (DisplayTries, "tries_wrong_in_a_row_are_few", {"wrong_in_a_row": 3}),
    (CodeDisplay, "display_belongs_to_someone_once_active", {"user": None}),
    (CodeDisplay, "display_belongs_to_someone_once_active", {"activated_at": None}),
    (CodeDisplay, "display_belongs_to_someone_once_active", {"enrolled_level": None}),
    (CodeDisplay, "display_belongs_to_nobody_before", {"state": "in_stock"}),
    (CodeDisplay, "display_belongs_to_nobody_before", {"state": "handed_out"}),
    (CodeDisplay, "display_blocked_at_is_set_when_blocked", {"state": "blocked"}),
    (CodeDisplay, "display_blocked_at_is_set_when_blocked", {"blocked_at": F("activated_at")}),
    (PasswordFactor, "password_state_is_known", {"state": "forgotten"}),
    (PasswordFactor, "password_wrong_tries_are_few", {"wrong_in_a_row": 3}),
    (ActivationCode, "activation_carrier_is_known", {"carrier": "pigeon"}),
    (ActivationCode, "activation_state_is_known", {"state": "eaten", "used_at": None}),
    (ActivationCode, "activation_open_has_tries_left", {"wrong_tries": 4}),
    (ActivationCode, "activation_open_has_tries_left", {"wrong_tries": 3, "state": "open", "used_at": None}),
    (ActivationCode, "activation_expires_later", {"expires_at": F("issued_at"), "state": "dead", "used_at": None}),
    (ActivationCode, "activation_used_at_is_set_when_used", {"used_at": None}),
    (ActivationCode, "activation_used_at_is_set_when_used", {"used_at": F("expires_at")}),
    (ActivationCode, "activation_used_at_is_set_when_used", {"state": "dead"}),
    (LoginRequest, "request_door_is_known", {"door": "window"}),
    (LoginRequest, "request_state_is_known", {"state": "maybe"}),
    (LoginRequest, "request_expires_later", {"expires_at": F("opened_at")}),
    (LoginRequest, "request_with_three_wrong_tries_is_refused", {"wrong_tries": 3}),
    (LoginRequest, "request_with_three_wrong_tries_is_refused", {"wrong_tries": 4, "state": "refused"}),
    (LoginRequest, "request_of_nobody_goes_nowhere", {"identity": None}),
    (Login, "login_door_is_known", {"door": "window"}),
    (Login, "login_authenticator_is_known", {"authenticator": "charm"}),
    (Login, "login_is_substantial_or_more", {"level": 1}),
    (Login, "login_seen_no_earlier_than_made", {"last_seen_at": F("at") - HOUR}),
    (Login, "login_ended_for_a_reason", {"ended_at": F("at")}),
    (Login, "login_ended_for_a_reason", {"ending": "signed_out"}),
    (Login, "login_ended_for_a_reason", {"ended_at": F("at"), "ending": "tired"}),
]


@pytest.fixture
def resident(now):
    """Somebody with a row in every table."""
    resident = a_resident(now=now)
    with transaction.atomic():
        accept_code(device_id=CodeDisplay.objects.get().uuid, typed="x", source="here", actor=Actor.visitor(), now=now)
    request_id = open_login_request(user_id=resident.user_id, door=Door.PORTAL, now=now)
    give_code(source="there", request_id=request_id, code=resident.device.code(now), now=now)
    give_password(request_id=request_id, password=resident.password, now=now)
    with transaction.atomic():
        block_identity(
            identity_id=resident.identity_id,
            source=BlockSource.CITIZEN,
            reason=BlockReason.OWN_WISH,
            actor=an_officer(),
            now=now,
        )
        reopen_identity(identity_id=resident.identity_id, actor=an_officer(), now=now + HOUR)
    return resident


@pytest.mark.parametrize(("model", "name", "breach"), BREACHES)
def test_a_breach_of_the_constraint_is_refused_by_its_name(resident, model, name, breach):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        assert model.objects.update(**breach) == 1


def test_every_check_of_these_tables_is_broken_above():
    declared = {
        constraint.name
        for model in {model for model, _, _ in BREACHES}
        for constraint in model._meta.constraints
        if type(constraint).__name__ == "CheckConstraint"
    }
    assert declared == {name for _, name, _ in BREACHES}


def copy_of(row, **changes):
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    values.pop(row._meta.pk.attname)
    return type(row)(**values | changes)


def test_blk_3_one_standing_block_a_source(resident):
    """BLK-3."""
    block = IdentityBlock.objects.get()
    copy_of(block, id=uuid7(), reopened_at=None, reopened_by=None).save()
    with pytest.raises(IntegrityError, match="block_one_standing_per_source"), transaction.atomic():
        copy_of(block, id=uuid7(), reopened_at=None, reopened_by=None).save()


def test_aut_1_one_active_display_an_identity(resident):
    """AUT-1."""
    row = CodeDisplay.objects.get()
    with pytest.raises(IntegrityError, match="display_one_active_per_identity"), transaction.atomic():
        copy_of(row, uuid=uuid7(), serial="KV-OTHER").save()


def test_sec_4_one_open_code_an_identity_and_one_a_device(resident, now):
    """SEC-4."""
    device = a_device()
    with transaction.atomic():
        hand_out_code_display(serial=device.serial, identity_id=resident.identity_id, actor=an_officer(), now=now)
    code = ActivationCode.objects.get(state="open")
    with pytest.raises(IntegrityError, match="activation_one_open_per_identity"), transaction.atomic():
        copy_of(code, id=uuid7(), device_id=CodeDisplay.objects.get(serial=resident.device.serial).pk).save()
    other = a_resident(now=now)
    with pytest.raises(IntegrityError, match="activation_one_open_per_device"), transaction.atomic():
        copy_of(code, id=uuid7(), identity_id=other.identity_id).save()


def test_one_identity_a_citizen_and_one_citizen_a_cpr_number(resident, now):
    identity = Identity.objects.get(pk=resident.identity_id)
    with pytest.raises(IntegrityError, match="citizen_id"), transaction.atomic():
        copy_of(identity, id=uuid7(), user_id_folded="en helt anden").save()
    citizen = Citizen.objects.get(pk=identity.citizen_id)
    with pytest.raises(IntegrityError, match="cpr_number_index"), transaction.atomic():
        copy_of(citizen, id=uuid7()).save()


def test_uid_2_user_ids_are_unique_in_folded_form(resident, now):
    """UID-2."""
    other = a_resident(now=now)
    with pytest.raises(IntegrityError, match="user_id_folded"), transaction.atomic():
        Identity.objects.filter(pk=other.identity_id).update(
            user_id_folded=Identity.objects.get(pk=resident.identity_id).user_id_folded
        )


def test_a_refused_request_may_have_used_up_its_tries(resident):
    LoginRequest.objects.update(wrong_tries=3, state=RequestState.REFUSED)
