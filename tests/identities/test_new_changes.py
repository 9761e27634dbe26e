"""What the double login changes beside contacts and user ID: asked for, waited for, made (CHG-1 to CHG-5)."""

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import Actor, EventKind, events_about
from identities.api import (
    AssuranceLevel,
    AuthenticatorKind,
    BlockSource,
    ChangeField,
    ChangeNotTaken,
    ChangeState,
    ChangeWaits,
    Confirmed,
    ConfirmRefusal,
    ConfirmRefused,
    RequestRefusal,
    SecondLogin,
    accept_password,
    authenticators_of,
    confirm_pending_change,
    create_change,
    encoded_password,
    suspend_authenticator,
)
from identities.models import (
    ActivationCode,
    App,
    Chip,
    CodeDevice,
    ContactPoint,
    Identity,
    PasswordFactor,
    PendingChange,
)
from identities.rules.wanted import wanted_authenticator, wanted_copy, wanted_reopening
from identities.webauthn import ChipCredential
from notifications.api import Channel, MessageKind
from notifications.models import Delivery
from tests.factories.authenticators import a_chip_row, a_phone_changed_at, an_app_row
from tests.factories.identities import a_resident

pytestmark = pytest.mark.django_db
HOUR, TICK = timedelta(hours=1), timedelta(microseconds=1)
NEW_PASSWORD = "Grøn-Ko-Springer-42"


@dataclass
class DoubleLogin:
    """One citizen's first and second login."""

    identity_id: object
    now: object

    def ask(self, field, value, *, at=None, level=AssuranceLevel.HIGH):
        with transaction.atomic():
            return create_change(
                identity_id=self.identity_id,
                field=field,
                new_value=value if isinstance(value, str) else json.dumps(value),
                proof_id=None,
                login_id=uuid7(),
                login_level=level,
                wait=HOUR,
                lasts=24 * HOUR,
                stop_address=lambda token: f"https://example.dk/stop/{token}/",
                actor=Actor.citizen(self.identity_id),
                now=at or self.now,
            )

    def encoded(self, password):
        return encoded_password(password, identity_id=self.identity_id)

    def confirm(self, change, *, at=None, level=AssuranceLevel.SUBSTANTIAL, app_id=None):
        at = at or self.now + HOUR
        with transaction.atomic():
            return confirm_pending_change(
                identity_id=self.identity_id,
                change_id=change.change_id,
                second=SecondLogin(id=uuid7(), at=at, level=level, app_id=app_id),
                actor=Actor.citizen(self.identity_id),
                now=at,
            )

    def suspend(self, kind, authenticator_id, *, source=BlockSource.CITIZEN):
        with transaction.atomic():
            assert suspend_authenticator(
                identity_id=self.identity_id,
                kind=kind,
                authenticator_id=authenticator_id,
                source=source,
                actor=Actor.citizen(self.identity_id),
                now=self.now,
            )


@pytest.fixture
def citizen(now):
    resident = a_resident(now=now, level=AssuranceLevel.HIGH)
    return DoubleLogin(resident.identity_id, now)


def a_credential(**instead):
    values = {"credential_id": uuid7().bytes, "public_key": b"k", "aaguid": uuid7(), "sign_count": 0}
    return ChipCredential(**(values | instead), transports=("usb",))


def a_wanted_chip(credential):
    return {"kind": "chip"} | credential.as_json()


def told(citizen, kind):
    rows = Delivery.objects.filter(reference=citizen.identity_id, kind=kind)
    return sorted(rows.values_list("channel", flat=True))


def test_a_new_password_waits_as_its_hash_and_opens_once_it_is_confirmed(citizen):
    """CHG-1, CHG-4, CHG-5."""
    before = Identity.objects.get().password
    change = citizen.ask(ChangeField.PASSWORD, citizen.encoded(NEW_PASSWORD))
    assert isinstance(change, ChangeWaits)
    assert NEW_PASSWORD.encode() not in bytes(PendingChange.objects.get().new_value_sealed)
    assert Identity.objects.get().password == before
    assert citizen.confirm(change) == Confirmed(field=ChangeField.PASSWORD)
    with transaction.atomic():
        who = {"identity_id": citizen.identity_id, "actor": Actor.visitor()}
        assert accept_password(typed=NEW_PASSWORD, now=citizen.now + HOUR, **who)
    assert PasswordFactor.objects.get().chosen_at == citizen.now + HOUR
    assert told(citizen, MessageKind.CHANGE_CONFIRMED) == [Channel.EMAIL, Channel.SMS]
    kinds = [event.kind for event in events_about(subject_id=citizen.identity_id, limit=1)]
    assert kinds == [EventKind.CHANGE_CONFIRMED]


def test_a_first_password_may_be_chosen_by_whoever_logs_in_with_an_app(citizen):
    PasswordFactor.objects.all().delete()
    Identity.objects.update(password="")
    change = citizen.ask(ChangeField.PASSWORD, citizen.encoded(NEW_PASSWORD))
    assert citizen.confirm(change) == Confirmed(field=ChangeField.PASSWORD)
    assert PasswordFactor.objects.get().state == "active"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"state": "suspended", "suspended_by": "support"}, RequestRefusal.IS_SUSPENDED),
        ({"state": "blocked"}, RequestRefusal.IS_BLOCKED),
    ],
)
def test_aut_1_no_new_password_comes_around_a_block_of_the_old(citizen, columns, reason):
    """AUT-1, BLK-3."""
    change = citizen.ask(ChangeField.PASSWORD, citizen.encoded(NEW_PASSWORD))
    at = {"blocked_at": citizen.now} if columns["state"] == "blocked" else {}
    PasswordFactor.objects.update(**columns | at)
    refused = citizen.confirm(change)
    assert isinstance(refused, ConfirmRefused)
    assert refused.reason is ConfirmRefusal.NOT_POSSIBLE
    PendingChange.objects.all().delete()
    assert citizen.ask(ChangeField.PASSWORD, citizen.encoded(NEW_PASSWORD)) == ChangeNotTaken(reason)


@pytest.mark.parametrize("value", ["", NEW_PASSWORD, "argon2$x", "pbkdf2_sha256$1$a$b"])
def test_a_password_in_the_clear_never_waits(citizen, value):
    """CHG-1, LOG-2."""
    with pytest.raises(ValueError, match="hash only") as fault:
        citizen.ask(ChangeField.PASSWORD, value)
    assert not value or value not in str(fault.value)
    assert not PendingChange.objects.exists()


def test_a_new_app_gets_its_code_on_the_screen_when_it_is_confirmed_and_not_before(citizen):
    """CHG-4, SEC-4, SEC-5."""
    change = citizen.ask(ChangeField.AUTHENTICATOR, {"kind": "app"})
    assert not ActivationCode.objects.filter(kind="app").exists()
    outcome = citizen.confirm(change)
    assert isinstance(outcome, Confirmed)
    assert len(outcome.code) == 14
    assert outcome.code not in repr(outcome)
    code = ActivationCode.objects.get(kind="app")
    assert (code.carrier, code.enrolled_level) == ("screen", AssuranceLevel.SUBSTANTIAL)
    assert code.number == outcome.code[:6]
    assert code.expires_at == citizen.now + HOUR + timedelta(minutes=30)
    assert told(citizen, MessageKind.CODE_ISSUED)[-1] == Channel.SMS


def test_sec_7_a_new_app_needs_a_phone_that_is_old_enough_when_it_is_confirmed(citizen):
    """SEC-7: asked for where the window can still reach it, and made once it has."""
    a_phone_changed_at(citizen.identity_id, citizen.now - 94 * HOUR)  # the window closes 25 hours on
    assert citizen.ask(ChangeField.AUTHENTICATOR, {"kind": "app"}) == ChangeNotTaken(RequestRefusal.PHONE_TOO_NEW)
    a_phone_changed_at(citizen.identity_id, citizen.now - 100 * HOUR)
    change = citizen.ask(ChangeField.AUTHENTICATOR, {"kind": "app"})
    early = citizen.confirm(change, at=citizen.now + 19 * HOUR)
    assert isinstance(early, ConfirmRefused)
    assert early.reason is ConfirmRefusal.PHONE_TOO_NEW
    assert PendingChange.objects.get().state == ChangeState.PENDING
    late = citizen.confirm(change, at=citizen.now + 20 * HOUR)
    assert isinstance(late, Confirmed)


def test_sec_5_no_app_without_a_phone(citizen):
    """SEC-5."""
    ContactPoint.objects.filter(kind="phone").delete()
    assert citizen.ask(ChangeField.AUTHENTICATOR, {"kind": "app"}) == ChangeNotTaken(RequestRefusal.NO_PHONE)


def test_aut_1_no_fourth_app_however_it_comes(citizen):
    """AUT-1."""
    apps = [an_app_row(citizen.identity_id, now=citizen.now) for _ in range(2)]
    new, copy = (
        citizen.ask(field, value)
        for field, value in (
            (ChangeField.AUTHENTICATOR, {"kind": "app"}),
            (ChangeField.APP_COPY, {"app": str(apps[0].id)}),
        )
    )
    an_app_row(citizen.identity_id, now=citizen.now)
    refusals = [citizen.confirm(new), citizen.confirm(copy, app_id=apps[0].id)]
    assert [refused.reason for refused in refusals] == [ConfirmRefusal.AT_MOST] * 2
    PendingChange.objects.all().delete()
    at_most = ChangeNotTaken(RequestRefusal.AT_MOST)
    assert citizen.ask(ChangeField.AUTHENTICATOR, {"kind": "app"}) == at_most
    assert citizen.ask(ChangeField.APP_COPY, {"app": str(apps[0].id)}) == at_most


@pytest.mark.parametrize("level", [AssuranceLevel.SUBSTANTIAL, AssuranceLevel.HIGH])
@pytest.mark.parametrize("first_level", [AssuranceLevel.SUBSTANTIAL, AssuranceLevel.HIGH])
def test_lvl_2_a_chip_reaches_no_more_than_either_of_its_two_logins(citizen, first_level, level):
    """LVL-2, CHG-4: it was registered at the first, whose holder may be another than the second's."""
    credential = a_credential()
    change = citizen.ask(ChangeField.AUTHENTICATOR, a_wanted_chip(credential), level=first_level)
    assert PendingChange.objects.get().first_login_level == first_level
    assert not Chip.objects.exists()
    assert citizen.confirm(change, level=level) == Confirmed(field=ChangeField.AUTHENTICATOR)
    chip = Chip.objects.get()
    assert (bytes(chip.credential_id), chip.aaguid) == (credential.credential_id, credential.aaguid)
    assert chip.enrolled_level == min(first_level, level)


def test_aut_1_one_chip_and_no_credential_of_somebody_else(citizen, now):
    """AUT-1."""
    taken = a_chip_row(a_resident(now=now).identity_id, now=now)
    change = citizen.ask(
        ChangeField.AUTHENTICATOR, a_wanted_chip(a_credential(credential_id=bytes(taken.credential_id)))
    )
    refused = citizen.confirm(change)
    assert isinstance(refused, ConfirmRefused)
    assert refused.reason is ConfirmRefusal.TAKEN
    a_chip_row(citizen.identity_id, now=now)
    again = citizen.confirm(change)
    assert isinstance(again, ConfirmRefused)
    assert again.reason is ConfirmRefusal.AT_MOST


@pytest.mark.parametrize(
    "value", ["{}", "[]", "null", "7", '{"kind": "password"}', '{"kind": "code_display"}', '{"kind": "chip"}', "{"]
)
def test_what_no_page_asks_for_is_a_fault(citizen, value):
    with pytest.raises((ValueError, KeyError, TypeError)):
        citizen.ask(ChangeField.AUTHENTICATOR, value)


def test_every_newer_field_comes_with_a_value(citizen):
    for field in (ChangeField.PASSWORD, ChangeField.AUTHENTICATOR, ChangeField.REOPENING, ChangeField.APP_COPY):
        with pytest.raises(ValueError, match="comes with a value"), transaction.atomic():
            create_change(
                identity_id=citizen.identity_id,
                field=field,
                new_value=None,
                proof_id=None,
                login_id=uuid7(),
                login_level=AssuranceLevel.SUBSTANTIAL,
                wait=HOUR,
                lasts=HOUR,
                stop_address=str,
                actor=Actor.system(),
                now=citizen.now,
            )


def test_blk_3_what_the_citizen_alone_suspended_comes_back(citizen):
    """BLK-3, CHG-4."""
    app = an_app_row(citizen.identity_id, now=citizen.now)
    citizen.suspend(AuthenticatorKind.APP, app.id)
    change = citizen.ask(ChangeField.REOPENING, {"kind": "app", "id": str(app.id)})
    assert App.objects.get().state == "suspended"
    assert citizen.confirm(change) == Confirmed(field=ChangeField.REOPENING)
    app.refresh_from_db()
    assert (app.state, app.suspended_by) == ("active", None)
    assert told(citizen, MessageKind.AUTHENTICATOR_REOPENED) == [Channel.APP, Channel.EMAIL, Channel.SMS]


@pytest.mark.parametrize("source", [source for source in BlockSource if source is not BlockSource.CITIZEN])
def test_blk_3_what_anybody_else_suspended_does_not(citizen, source):
    """BLK-3."""
    display = CodeDevice.objects.get()
    citizen.suspend(AuthenticatorKind.CODE_DISPLAY, display.uuid, source=source)
    refused = citizen.ask(ChangeField.REOPENING, {"kind": "code_display", "id": str(display.uuid)})
    assert refused == ChangeNotTaken(RequestRefusal.NOT_YOURS_TO_REOPEN)


def test_blk_3_nor_what_somebody_else_suspended_while_it_waited(citizen):
    """BLK-1, BLK-3: the second suspension stops the change that waits."""
    app = an_app_row(citizen.identity_id, now=citizen.now)
    citizen.suspend(AuthenticatorKind.APP, app.id)
    change = citizen.ask(ChangeField.REOPENING, {"kind": "app", "id": str(app.id)})
    citizen.suspend(AuthenticatorKind.APP, app.id, source=BlockSource.SUPPORT)
    refused = citizen.confirm(change)
    assert isinstance(refused, ConfirmRefused)
    assert refused.reason is ConfirmRefusal.NOT_PENDING
    assert App.objects.get().state == "suspended"


@pytest.mark.parametrize("state", ["active", "blocked"])
def test_what_is_not_suspended_is_not_reopened(citizen, state):
    """AUT-1."""
    app = an_app_row(citizen.identity_id, now=citizen.now)
    App.objects.update(state=state, blocked_at=citizen.now if state == "blocked" else None)
    refused = citizen.ask(ChangeField.REOPENING, {"kind": "app", "id": str(app.id)})
    assert refused == ChangeNotTaken(RequestRefusal.NOT_YOURS_TO_REOPEN)


def test_what_is_somebody_elses_is_not_reopened(citizen, now):
    stranger = DoubleLogin(a_resident(now=now).identity_id, now)
    app = an_app_row(stranger.identity_id, now=now)
    stranger.suspend(AuthenticatorKind.APP, app.id)
    refused = citizen.ask(ChangeField.REOPENING, {"kind": "app", "id": str(app.id)})
    assert refused == ChangeNotTaken(RequestRefusal.NOT_YOURS_TO_REOPEN)


def test_a_copy_is_confirmed_in_the_app_that_is_copied_and_nowhere_else(citizen):
    """CHG-4, AUT-3."""
    app, other = (an_app_row(citizen.identity_id, now=citizen.now) for _ in range(2))
    change = citizen.ask(ChangeField.APP_COPY, {"app": str(app.id)})
    for app_id in (None, other.id):
        refused = citizen.confirm(change, app_id=app_id)
        assert isinstance(refused, ConfirmRefused)
        assert refused.reason is ConfirmRefusal.OTHER_APP
    assert citizen.confirm(change, app_id=app.id) == Confirmed(field=ChangeField.APP_COPY)
    assert len([view for view in authenticators_of(citizen.identity_id) if view.kind is AuthenticatorKind.APP]) == 2


@pytest.mark.parametrize("state", ["suspended", "blocked"])
def test_only_an_app_that_works_is_copied(citizen, state):
    """AUT-1."""
    app = an_app_row(citizen.identity_id, now=citizen.now)
    change = citizen.ask(ChangeField.APP_COPY, {"app": str(app.id)})
    is_blocked = state == "blocked"
    App.objects.update(
        state=state, blocked_at=citizen.now if is_blocked else None, suspended_by=None if is_blocked else "citizen"
    )
    refused = citizen.confirm(change, app_id=app.id)
    assert isinstance(refused, ConfirmRefused)
    assert refused.reason is ConfirmRefusal.NOT_POSSIBLE
    PendingChange.objects.all().delete()
    asked = citizen.ask(ChangeField.APP_COPY, {"app": str(app.id)})
    assert asked == ChangeNotTaken(RequestRefusal.NO_SUCH_APP)
    assert citizen.ask(ChangeField.APP_COPY, {"app": str(uuid7())}) == ChangeNotTaken(RequestRefusal.NO_SUCH_APP)


@pytest.mark.parametrize("field", [ChangeField.PASSWORD, ChangeField.AUTHENTICATOR])
def test_chg_7_a_second_request_is_refused_and_the_alert_names_the_field(citizen, field):
    """CHG-2, CHG-7."""
    value = citizen.encoded(NEW_PASSWORD) if field is ChangeField.PASSWORD else {"kind": "app"}
    assert isinstance(citizen.ask(field, value), ChangeWaits)
    assert citizen.ask(field, value) == ChangeNotTaken(RequestRefusal.ALREADY_PENDING)
    assert told(citizen, MessageKind.CHANGE_REQUESTED) == [Channel.EMAIL, Channel.SMS]


def test_the_wanted_is_read_as_it_was_written():
    some = uuid7()
    assert wanted_authenticator('{"kind": "app"}') == (AuthenticatorKind.APP, {})
    assert wanted_authenticator('{"kind": "chip", "sign_count": 3}') == (AuthenticatorKind.CHIP, {"sign_count": 3})
    assert wanted_reopening(json.dumps({"kind": "password", "id": str(some)})) == (AuthenticatorKind.PASSWORD, some)
    assert wanted_copy(json.dumps({"app": str(some)})) == some
    for broken in ("{}", '{"app": null}', '{"app": 7}', '{"app": "x"}'):
        with pytest.raises(ValueError, match="badly formed"):
            wanted_copy(broken)
