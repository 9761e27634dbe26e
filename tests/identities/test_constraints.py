"""What the rules forbid the database refuses as well: every constraint broken on purpose, column by column."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F, Subquery
from uuid_utils.compat import uuid7

from audit.api import Actor
from authentication.models import ApprovalRequest, KnownBrowser, Login, OpeningCode
from authentication.states import Purpose, RequestState
from authentication.usecases.give_code import give_code
from authentication.usecases.give_password import give_password
from authentication.usecases.open_request import open_request
from identities.api import (
    AssuranceLevel,
    BlockReason,
    BlockSource,
    accept_code,
    block_identity,
    hand_out_code_device,
    reopen_identity,
)
from identities.models import (
    ActivationCode,
    App,
    AppEnrolment,
    Chip,
    Citizen,
    CodeDevice,
    CopyTicket,
    DeviceTries,
    Identity,
    IdentityBlock,
    PasswordFactor,
    PendingChange,
)
from tests.factories.identities import a_device, a_resident, an_officer

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOBODYS = {
    "identity": None,
    "activation_code": None,
    "copy": None,
    "temporary_pin_verifier": None,
    "pin_sent_at": None,
    "pins_sent": 0,
}

AN_APP = Subquery(App.objects.values("pk")[:1])
ALERT = {"alert_due_at": F("opened_at"), "alert_made_at": F("opened_at") - timedelta(hours=1)}
BY_APP = {"app": AN_APP, "signed_decision": "x"} | dict.fromkeys(("app_opened_at", "decided_at"), F("opened_at"))

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
    (CodeDevice, "device_kind_is_known", {"kind": "chip"}),
    (CodeDevice, "device_suspended_by_someone", {"state": "suspended"}),
    (CodeDevice, "device_suspended_by_someone", {"suspended_by": "citizen"}),
    (CodeDevice, "device_suspended_by_someone", {"state": "suspended", "suspended_by": "nobody"}),
    (CodeDevice, "device_state_is_known", {"state": "lost"}),
    (CodeDevice, "device_level_is_known", {"enrolled_level": 4}),
    (DeviceTries, "tries_wrong_in_a_row_are_few", {"wrong_in_a_row": 3}),
    (CodeDevice, "device_belongs_to_someone_once_active", {"user": None}),
    (CodeDevice, "device_belongs_to_someone_once_active", {"activated_at": None}),
    (CodeDevice, "device_belongs_to_someone_once_active", {"enrolled_level": None}),
    (CodeDevice, "device_belongs_to_nobody_before", {"state": "in_stock"}),
    (CodeDevice, "device_belongs_to_nobody_before", {"state": "handed_out"}),
    (CodeDevice, "device_blocked_at_is_set_when_blocked", {"state": "blocked"}),
    (CodeDevice, "device_blocked_at_is_set_when_blocked", {"blocked_at": F("activated_at")}),
    (PasswordFactor, "password_suspended_by_someone", {"state": "suspended"}),
    (PasswordFactor, "password_suspended_by_someone", {"suspended_by": "citizen"}),
    (PasswordFactor, "password_suspended_by_someone", {"state": "suspended", "suspended_by": "nobody"}),
    (PasswordFactor, "password_blocked_at_is_set_when_blocked", {"state": "blocked"}),
    (PasswordFactor, "password_blocked_at_is_set_when_blocked", {"blocked_at": F("chosen_at")}),
    (PasswordFactor, "password_state_is_known", {"state": "forgotten"}),
    (PasswordFactor, "password_wrong_tries_are_few", {"wrong_in_a_row": 3}),
    (ActivationCode, "activation_carrier_is_known", {"carrier": "pigeon"}),
    (ActivationCode, "activation_kind_is_known", {"kind": "charm", "device": None}),
    (ActivationCode, "activation_level_is_known", {"enrolled_level": 4}),
    (ActivationCode, "activation_number_has_6_characters", {"number": "34a7AC"}),
    (ActivationCode, "activation_number_has_6_characters", {"number": "347AC"}),
    (ActivationCode, "activation_of_a_code_device_names_it", {"device": None}),
    (ActivationCode, "activation_of_a_code_device_names_it", {"kind": "app"}),
    *(
        (
            ActivationCode,
            "activation_of_an_app_or_a_chip_is_not_by_sms",
            {"kind": kind, "device": None, "carrier": "sms"},
        )
        for kind in ("app", "chip")
    ),
    (ActivationCode, "activation_state_is_known", {"state": "eaten", "used_at": None}),
    (ActivationCode, "activation_open_has_tries_left", {"wrong_tries": 4}),
    (ActivationCode, "activation_open_has_tries_left", {"wrong_tries": 3, "state": "open", "used_at": None}),
    (ActivationCode, "activation_expires_later", {"expires_at": F("issued_at"), "state": "dead", "used_at": None}),
    (ActivationCode, "activation_used_at_is_set_when_used", {"used_at": None}),
    (ActivationCode, "activation_used_at_is_set_when_used", {"used_at": F("expires_at")}),
    (ActivationCode, "activation_used_at_is_set_when_used", {"state": "dead"}),
    (App, "app_platform_is_known", {"platform": "fridge"}),
    (App, "app_suspended_by_someone", {"state": "suspended"}),
    (App, "app_suspended_by_someone", {"suspended_by": "citizen"}),
    (App, "app_suspended_by_someone", {"state": "suspended", "suspended_by": "nobody"}),
    (App, "app_state_is_known", {"state": "lost"}),
    (App, "app_level_is_known", {"enrolled_level": 4}),
    (App, "app_wrong_pins_are_few", {"wrong_in_a_row": 3}),
    (App, "app_blocked_at_is_set_when_blocked", {"state": "blocked"}),
    (App, "app_blocked_at_is_set_when_blocked", {"blocked_at": F("activated_at")}),
    (AppEnrolment, "enrolment_platform_is_known", {"platform": "fridge"}),
    (AppEnrolment, "enrolment_state_is_known", {"state": "lost"}),
    (AppEnrolment, "enrolment_expires_later", {"expires_at": F("opened_at")}),
    (AppEnrolment, "enrolment_of_someone_has_two_codes", {"identity": None}),
    (AppEnrolment, "enrolment_of_someone_has_two_codes", {"activation_code": None}),
    (AppEnrolment, "enrolment_of_someone_has_two_codes", {"temporary_pin_verifier": None}),
    (AppEnrolment, "enrolment_of_someone_has_two_codes", {"pin_sent_at": None}),
    (AppEnrolment, "enrolment_of_someone_has_two_codes", {"pins_sent": 0}),
    (AppEnrolment, "enrolment_of_someone_has_two_codes", NOBODYS | {"pins_sent": 1}),
    (AppEnrolment, "enrolment_of_someone_has_two_codes", NOBODYS | {"pin_sent_at": F("opened_at")}),
    (AppEnrolment, "enrolment_of_nobody_goes_nowhere", NOBODYS | {"state": "used"}),
    (AppEnrolment, "enrolment_open_has_tries_left", {"wrong_tries": 3}),
    (AppEnrolment, "enrolment_open_has_tries_left", {"wrong_tries": 4, "state": "dead"}),
    (CopyTicket, "ticket_expires_later", {"expires_at": F("issued_at")}),
    (CopyTicket, "ticket_used_in_time", {"used_at": F("issued_at") - HOUR}),
    (CopyTicket, "ticket_used_in_time", {"used_at": F("expires_at")}),
    (Chip, "chip_suspended_by_someone", {"state": "suspended"}),
    (Chip, "chip_suspended_by_someone", {"suspended_by": "citizen"}),
    (Chip, "chip_suspended_by_someone", {"state": "suspended", "suspended_by": "nobody"}),
    (Chip, "chip_state_is_known", {"state": "lost"}),
    (Chip, "chip_level_is_known", {"enrolled_level": 4}),
    (Chip, "chip_sign_count_is_unsigned", {"sign_count": -1}),
    (Chip, "chip_blocked_at_is_set_when_blocked", {"state": "blocked"}),
    (Chip, "chip_blocked_at_is_set_when_blocked", {"blocked_at": F("activated_at")}),
    (ApprovalRequest, "request_purpose_is_known", {"purpose": "window"}),
    (ApprovalRequest, "request_state_is_known", {"state": "maybe"}),
    (ApprovalRequest, "request_expires_later", {"expires_at": F("opened_at")}),
    (ApprovalRequest, "request_with_three_wrong_tries_is_refused", {"wrong_tries": 3}),
    (ApprovalRequest, "request_with_three_wrong_tries_is_refused", {"wrong_tries": 4, "state": "refused"}),
    (ApprovalRequest, "request_of_nobody_goes_nowhere", {"identity": None}),
    (ApprovalRequest, "request_of_somebody_is_their_subjects", {"subject": uuid7()}),
    (ApprovalRequest, "request_level_is_known", {"level_wanted": 4}),
    (ApprovalRequest, "request_authenticator_is_known", {"authenticator": "charm"}),
    (ApprovalRequest, "request_has_a_nonce_of_32_bytes", {"nonce": b"short"}),
    (ApprovalRequest, "request_with_a_factor_says_which", {"authenticator": None}),
    (ApprovalRequest, "request_with_a_factor_says_which", {"authenticator": "password"}),
    (ApprovalRequest, "request_with_a_factor_says_which", {"enrolled_level": None}),
    (ApprovalRequest, "request_with_a_factor_says_which", {"enrolled_level": 4}),
    (ApprovalRequest, "request_decided_by_an_app_is_signed", {"decided_at": F("opened_at")}),
    (ApprovalRequest, "request_decided_by_an_app_is_signed", {"signed_decision": "x"}),
    (ApprovalRequest, "request_answered_by_the_app_names_it", {"state": "confirmed"}),
    (ApprovalRequest, "request_answered_by_the_app_names_it", {"state": "rejected"}),
    (ApprovalRequest, "request_confirmed_by_the_app_is_bound", {"bound_by": "scanned"}),
    (ApprovalRequest, "request_confirmed_by_the_app_is_bound", BY_APP),
    (ApprovalRequest, "request_confirmed_by_the_app_is_bound", BY_APP | {"bound_by": "guessed"}),
    (ApprovalRequest, "request_alert_is_made_once_it_is_due", {"alert_made_at": F("opened_at")}),
    (ApprovalRequest, "request_alert_is_made_once_it_is_due", ALERT),
    (OpeningCode, "opening_code_expires_later", {"expires_at": F("issued_at")}),
    (OpeningCode, "opening_code_used_in_time", {"used_at": F("issued_at") - HOUR}),
    (OpeningCode, "opening_code_used_in_time", {"used_at": F("expires_at")}),
    (Login, "login_outside_the_app_has_its_request", {"request": None}),
    (Login, "login_outside_the_app_has_its_request", {"door": "app", "authenticator": "app", "app": AN_APP}),
    (Login, "login_inside_the_app_is_the_apps", {"door": "app", "request": None}),
    (
        Login,
        "login_inside_the_app_names_it",
        {"door": "app", "authenticator": "app", "request": None},
    ),
    (Login, "login_inside_the_app_names_it", {"app": AN_APP}),
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
        accept_code(subject=resident.identity_id, typed="x", source="here", actor=Actor.visitor(), now=now)
    request_id = open_request(purpose=Purpose.PORTAL_LOGIN, user_id=resident.user_id, source="here", now=now).id
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
    put_app_and_chip(resident.identity_id, now)
    return resident


def put_app_and_chip(identity_id, now):
    """One row of each, as their enrolment leaves it; on the way a copy to another phone."""
    phone = {"installation_id": uuid7(), "platform": "android"}
    app = App.objects.create(
        identity_id=identity_id,
        device_key=uuid7().bytes,
        pin_verifier=b"v",
        enrolled_level=2,
        activated_at=now,
        **phone,
    )
    copy = PendingChange.objects.create(
        identity_id=identity_id,
        field="app_copy",
        new_value_sealed=b"s",
        requested_at=now,
        opens_at=now + HOUR,
        closes_at=now + 25 * HOUR,
        first_login_id=uuid7(),
        first_login_level=2,
        stop_code_verifier=b"v",
        stop_token_index=uuid7().bytes,
    )
    CopyTicket.objects.create(
        copy=copy, app=app, token_index=uuid7().bytes, issued_at=now, expires_at=now + timedelta(minutes=3)
    )
    AppEnrolment.objects.create(
        identity_id=identity_id,
        activation_code=ActivationCode.objects.filter(identity_id=identity_id).first(),
        device_key=app.device_key,
        temporary_pin_verifier=b"v",
        pins_sent=1,
        pin_sent_at=now,
        opened_at=now,
        expires_at=now + HOUR,
        **phone,
    )
    Chip.objects.create(
        identity_id=identity_id,
        credential_id=uuid7().bytes,
        public_key=b"k",
        aaguid=uuid7(),
        sign_count=1,
        enrolled_level=2,
        activated_at=now,
    )
    OpeningCode.objects.create(
        identity_id=identity_id, app=app, code_index="c", issued_at=now, expires_at=now + timedelta(minutes=5)
    )


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
    """BLK-3: of the harmless, and one that says worse."""
    block = IdentityBlock.objects.get()
    for name, reasons in (
        ("block_one_harmless_per_source", ["own_wish", "lost_device"]),
        ("block_one_suspicious_per_source", ["suspected_misuse", "fraud"]),
    ):
        copy_of(block, id=uuid7(), reason=reasons[0], reopened_at=None, reopened_by=None).save()
        for reason in reasons:
            with pytest.raises(IntegrityError, match=name), transaction.atomic():
                copy_of(block, id=uuid7(), reason=reason, reopened_at=None, reopened_by=None).save()


def test_aut_1_one_active_display_an_identity(resident):
    """AUT-1."""
    row = CodeDevice.objects.get()
    with pytest.raises(IntegrityError, match="device_one_active_per_identity"), transaction.atomic():
        copy_of(row, uuid=uuid7(), serial="KV-OTHER").save()


def test_sec_4_one_open_code_an_identity_and_one_a_device(resident, now):
    """SEC-4."""
    device = a_device()
    with transaction.atomic():
        hand_out_code_device(
            serial=device.serial,
            identity_id=resident.identity_id,
            proven_level=AssuranceLevel.HIGH,
            actor=an_officer(),
            now=now,
        )
    code = ActivationCode.objects.get(state="open")
    with pytest.raises(IntegrityError, match="activation_one_open_per_identity_and_kind"), transaction.atomic():
        copy_of(code, id=uuid7(), device_id=CodeDevice.objects.get(serial=resident.device.serial).pk).save()
    other = a_resident(now=now)
    with pytest.raises(IntegrityError, match="activation_one_open_per_device"), transaction.atomic():
        copy_of(code, id=uuid7(), identity_id=other.identity_id).save()


def test_aut_3_one_app_a_phone_and_person_and_one_at_high_a_phone(resident, now):
    """AUT-3."""
    app = App.objects.get()
    with pytest.raises(IntegrityError, match="app_one_per_identity_and_phone"), transaction.atomic():
        copy_of(app, id=uuid7(), device_key=b"another").save()
    with pytest.raises(IntegrityError, match="device_key"), transaction.atomic():
        copy_of(app, id=uuid7(), installation_id=uuid7()).save()
    neighbour = a_resident(now=now).identity_id
    copy_of(app, id=uuid7(), identity_id=neighbour, device_key=b"a neighbour's").save()
    App.objects.filter(pk=app.pk).update(enrolled_level=3)
    with pytest.raises(IntegrityError, match="app_one_at_high_per_phone"), transaction.atomic():
        App.objects.filter(identity_id=neighbour).update(enrolled_level=3)


def test_aut_1_one_chip_an_identity_and_no_credential_twice(resident, now):
    """AUT-1."""
    chip = Chip.objects.get()
    with pytest.raises(IntegrityError, match="chip_one_per_identity"), transaction.atomic():
        copy_of(chip, id=uuid7(), credential_id=b"another").save()
    with pytest.raises(IntegrityError, match="credential_id"), transaction.atomic():
        copy_of(chip, id=uuid7(), identity_id=a_resident(now=now).identity_id).save()


def test_sec_5_one_enrolment_an_identity_and_no_ticket_twice(resident):
    """SEC-5."""
    with pytest.raises(IntegrityError, match="enrolment_one_open_per_identity"), transaction.atomic():
        copy_of(AppEnrolment.objects.get(), id=uuid7()).save()
    with pytest.raises(IntegrityError, match="token_index"), transaction.atomic():
        copy_of(CopyTicket.objects.get(), id=uuid7()).save()
    copy = {"activation_code_id": None, "copy_id": PendingChange.objects.get().id, "state": "used"}
    copy_of(AppEnrolment.objects.get(), id=uuid7(), **copy).save()
    with pytest.raises(IntegrityError, match="enrolment_one_used_per_copy"), transaction.atomic():
        copy_of(AppEnrolment.objects.filter(state="open").get(), id=uuid7(), **copy).save()


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
    ApprovalRequest.objects.update(wrong_tries=3, state=RequestState.REFUSED)


def test_apr_5_one_open_app_request_a_subject(resident, now):
    """APR-5."""
    row = ApprovalRequest.objects.get()
    asked = {"state": "open", "app_opened_at": now, "authenticator": None, "enrolled_level": None}
    copy_of(row, id=uuid7(), **asked).save()
    with pytest.raises(IntegrityError, match="request_one_open_to_the_app"), transaction.atomic():
        copy_of(row, id=uuid7(), **asked).save()


def test_a_browser_is_known_once_and_a_request_logs_in_once(resident):
    browser = KnownBrowser.objects.get()
    with pytest.raises(IntegrityError, match="browser_known_once_per_identity"), transaction.atomic():
        copy_of(browser, id=uuid7()).save()
    with pytest.raises(IntegrityError, match="request_id"), transaction.atomic():
        copy_of(Login.objects.get(), id=uuid7()).save()
    with pytest.raises(IntegrityError, match="app_id"), transaction.atomic():
        copy_of(OpeningCode.objects.get(), id=uuid7()).save()
