"""Logins, requests, cancels, blocks, suspensions, waits and confirmations in any order, against a small model.

CHG-1 to CHG-7, BLK-1, BLK-3. The copy of an app is confirmed in the app alone and has tests of its own.
"""

import itertools
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)
from uuid_utils.compat import uuid7

from audit.api import Actor
from identities.api import (
    AuthenticatorBlockReason,
    AuthenticatorKind,
    BlockReason,
    BlockSource,
    ChangeField,
    ChangeNotTaken,
    ChangeState,
    ChangeWaits,
    CodeSent,
    Confirmed,
    ConfirmRefusal,
    ConfirmRefused,
    ContactKind,
    RequestRefusal,
    TooManyCodes,
    authenticators_of,
    block_authenticator,
    contacts_of,
    identity_by_id,
    pending_changes_of,
    reopen_authenticator,
    reopen_identity,
    suspend_authenticator,
)
from identities.models import App, Chip, Identity
from identities.webauthn import ChipCredential
from selfservice.usecases.block_own_identity import block_own_identity
from selfservice.usecases.cancel_change import cancel_change
from selfservice.usecases.confirm_change import confirm_change
from selfservice.usecases.expire_changes import expire_changes
from selfservice.usecases.outcomes import LoginEnded, NewContact, NewUserId, NewValue
from selfservice.usecases.request_change import request_change
from selfservice.usecases.send_contact_code import send_contact_code
from tests.factories.authenticators import an_app_row
from tests.factories.identities import a_resident, an_officer, code_sent_to
from tests.factories.selfservice import a_login, change_row
from tests.selfservice.double_login_model import Model, Wish, is_live_chip

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)
NONE = timedelta()
SERIALS = itertools.count(1)
FIELDS = [field for field in ChangeField if field is not ChangeField.APP_COPY]
KINDS = {ChangeField.PHONE: ContactKind.PHONE, ChangeField.EMAIL: ContactKind.EMAIL}


class DoubleLogin(RuleBasedStateMachine):
    """One citizen, any number of logins."""

    logins: Bundle = Bundle("logins")
    changes: Bundle = Bundle("changes")
    reached: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.now = START

    def new_login(self) -> Any:
        login = a_login(self.identity_id, at=self.now)
        self.model.logins.add(login.id)
        return login

    @initialize(target=logins)
    def first_login(self) -> object:
        resident = a_resident(now=START)
        self.identity_id = resident.identity_id
        self.app_id = an_app_row(self.identity_id, now=START).id
        self.model = Model(
            values={
                ChangeField.PHONE: resident.phone,
                ChangeField.EMAIL: resident.email,
                ChangeField.USER_ID: resident.user_id,
                ChangeField.PASSWORD: Identity.objects.get(pk=self.identity_id).password,
                ChangeField.AUTHENTICATOR: "",
            }
        )
        return self.new_login()

    @rule(minutes=st.sampled_from([1, 20, 59, 60, 61, 600, 23 * 60, 24 * 60]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @precondition(lambda self: not self.model.is_blocked)
    @rule(target=logins)
    def log_in(self) -> object:
        return self.new_login()

    @precondition(lambda self: not self.model.is_blocked)
    @rule(change_id=changes, early=st.sampled_from([NONE, TICK]), late=st.sampled_from([timedelta(), DAY - TICK]))
    def come_back_to_confirm(self, change_id: UUID, early: timedelta, late: timedelta) -> None:
        """What an honest citizen does, at the edges of the window: chance alone hardly ever gets there."""
        wish = self.model.wishes[change_id]
        self.now = max(self.now, wish.opens_at - early)
        login = self.new_login()
        self.now = max(self.now, wish.opens_at + late)
        self.confirm_with(login, change_id)

    @precondition(lambda self: not self.model.is_blocked)
    @rule(wanted=st.sampled_from(FIELDS), early=st.sampled_from([NONE, TICK]))
    def ask_and_come_back(self, wanted: ChangeField, early: timedelta) -> None:
        """The whole of what an honest citizen does."""
        change_id = self.ask_for(self.new_login(), wanted)
        if change_id is not None:
            self.come_back_to_confirm(change_id, early, NONE)

    @rule(target=changes, login=logins, wanted=st.sampled_from(FIELDS))
    def ask(self, login: Any, wanted: ChangeField) -> object:
        change_id = self.ask_for(login, wanted)
        return multiple() if change_id is None else change_id

    def ask_for(self, login: Any, wanted: ChangeField) -> UUID | None:
        expects_end = not self.model.stands(login)
        expected = self.model.refusal_to_ask(wanted, self.now)
        self.serial = next(SERIALS)
        value, outcome = self._ask(login, wanted)
        if expects_end:
            assert outcome == LoginEnded()
            return None
        if isinstance(outcome, TooManyCodes):
            return None
        if expected is not None:
            assert outcome == ChangeNotTaken(expected)
            self.refused[expected] += 1
            return None
        assert isinstance(outcome, ChangeWaits), outcome
        for wish in self.model.wishes.values():
            if wish.field is wanted and wish.state is ChangeState.PENDING:
                wish.state = ChangeState.EXPIRED
        wish = Wish(wanted, value, login.id, self.now)
        assert (outcome.opens_at, outcome.closes_at) == (wish.opens_at, wish.closes_at)
        self.model.wishes[outcome.change_id] = wish
        return outcome.change_id

    def _ask(self, login: Any, wanted: ChangeField) -> tuple[str, object]:
        if wanted is ChangeField.USER_ID:
            value = f"{'qwxz'[self.serial % 4]}lomme {self.serial}"
            new_user_id = NewUserId(user_id=value)
            return value, request_change(login=login, field=wanted, wanted=new_user_id, now=self.now)
        if wanted not in KINDS:
            value, new_value = self._new_value(wanted)
            return value, request_change(login=login, field=wanted, wanted=NewValue(value=new_value), now=self.now)
        kind = KINDS[wanted]
        value = f"+453122{self.serial:04}" if kind is ContactKind.PHONE else f"nr{self.serial}@nyt.example.dk"
        sent = send_contact_code(login=login, kind=kind, value=value, now=self.now)
        if not isinstance(sent, CodeSent):
            return value, sent
        code = code_sent_to(owner_id=self.identity_id, kind=kind)
        new_contact = NewContact(proof_id=sent.proof_id, code=code)
        return value, request_change(login=login, field=wanted, wanted=new_contact, now=self.now)

    def _new_value(self, wanted: ChangeField) -> tuple[str, str]:
        if wanted is ChangeField.PASSWORD:
            value = f"peppered_argon2id$1$nr{self.serial}"
            return value, value
        if wanted is ChangeField.REOPENING:
            return "", json.dumps({"kind": "app", "id": str(self.app_id)})
        credential = uuid7().bytes
        chip = ChipCredential(credential_id=credential, public_key=b"k", aaguid=uuid7(), sign_count=0, transports=())
        return credential.hex(), json.dumps({"kind": "chip"} | chip.as_json())

    @rule(login=logins, change_id=changes)
    def confirm(self, login: Any, change_id: UUID) -> None:
        self.confirm_with(login, change_id)

    def confirm_with(self, login: Any, change_id: UUID) -> None:
        wish = self.model.wishes[change_id]
        outcome = confirm_change(login=login, change_id=change_id, now=self.now)
        if not self.model.stands(login):
            assert outcome == LoginEnded()
            return
        expected = self.model.refusal(wish, login, self.now)
        if expected is not None:
            assert isinstance(outcome, ConfirmRefused), outcome
            assert outcome.reason is expected
            self.reached[expected] += 1
            if expected is ConfirmRefusal.TOO_LATE:
                wish.state = ChangeState.EXPIRED
            return
        assert outcome == Confirmed(field=wish.field)
        self.reached[wish.field] += 1
        wish.state = ChangeState.CONFIRMED
        self.model.ended |= self.model.logins - {login.id}
        if wish.field is ChangeField.REOPENING:
            self.model.app_suspended_by = None
        else:
            self.model.values[wish.field] = wish.value

    @rule(source=st.sampled_from([BlockSource.CITIZEN, BlockSource.CITIZEN, BlockSource.SUPPORT]))
    def suspend_app(self, source: BlockSource) -> None:
        with transaction.atomic():
            is_new = suspend_authenticator(
                identity_id=self.identity_id,
                kind=AuthenticatorKind.APP,
                authenticator_id=self.app_id,
                source=source,
                actor=Actor.citizen(self.identity_id),
                now=self.now,
            )
        before = self.model.app_suspended_by
        assert is_new is (before is None or (before is BlockSource.CITIZEN and source is BlockSource.SUPPORT))
        if is_new:
            self.model.app_suspended_by = source
            self.model.end_everything(self.now)

    @precondition(lambda self: self.model.app_suspended_by is not None)
    @rule()
    def reopen_app_in_person(self) -> None:
        with transaction.atomic():
            assert reopen_authenticator(
                identity_id=self.identity_id,
                kind=AuthenticatorKind.APP,
                authenticator_id=self.app_id,
                actor=an_officer(),
                now=self.now,
            )
        self.model.app_suspended_by = None

    @precondition(lambda self: bool(self.model.values[ChangeField.AUTHENTICATOR]))
    @rule()
    def block_chip(self) -> None:
        [chip] = [view for view in authenticators_of(self.identity_id) if is_live_chip(view)]
        with transaction.atomic():
            assert block_authenticator(
                identity_id=self.identity_id,
                kind=AuthenticatorKind.CHIP,
                authenticator_id=chip.id,
                reason=AuthenticatorBlockReason.OWN_WISH,
                actor=an_officer(),
                now=self.now,
            )
        self.model.values[ChangeField.AUTHENTICATOR] = ""
        self.model.end_everything(self.now)

    @rule(login=logins, change_id=changes)
    def cancel(self, login: Any, change_id: UUID) -> None:
        wish = self.model.wishes[change_id]
        outcome = cancel_change(login=login, change_id=change_id, now=self.now)
        if not self.model.stands(login):
            assert outcome == LoginEnded()
            return
        assert outcome is (wish.state is ChangeState.PENDING)
        if outcome:
            wish.state = ChangeState.CANCELLED

    @rule(login=logins)
    def block(self, login: Any) -> None:
        outcome = block_own_identity(login=login, reason=BlockReason.OWN_WISH, now=self.now)
        if not self.model.stands(login):
            assert outcome == LoginEnded()
            return
        assert outcome is True
        self.model.is_blocked = True
        self.model.end_everything(self.now)

    @precondition(lambda self: self.model.is_blocked)
    @rule()
    def reopen_in_person(self) -> None:
        self.now += timedelta(minutes=1)
        with transaction.atomic():
            assert reopen_identity(identity_id=self.identity_id, actor=an_officer(), now=self.now)
        self.model.is_blocked, self.model.signed_out_at = False, self.now

    @rule()
    def expire(self) -> None:
        overdue = [
            wish
            for wish in self.model.wishes.values()
            if wish.state is ChangeState.PENDING and self.now >= wish.closes_at
        ]
        assert expire_changes(now=self.now, limit=100) == len(overdue)
        for wish in overdue:
            wish.state = ChangeState.EXPIRED

    @invariant()
    def what_stands_is_what_was_confirmed(self) -> None:
        if not hasattr(self, "model"):
            return
        contacts, identity = contacts_of(self.identity_id), identity_by_id(self.identity_id)
        assert identity is not None
        chips = Chip.objects.filter(identity_id=self.identity_id).exclude(state="blocked")
        assert {
            ChangeField.PHONE: contacts[ContactKind.PHONE],
            ChangeField.EMAIL: contacts[ContactKind.EMAIL],
            ChangeField.USER_ID: identity.user_id,
            ChangeField.PASSWORD: Identity.objects.get(pk=self.identity_id).password,
            ChangeField.AUTHENTICATOR: "".join(bytes(chip.credential_id).hex() for chip in chips),
        } == self.model.values
        assert App.objects.get(pk=self.app_id).suspended_by == self.model.app_suspended_by

    @invariant()
    def states_agree(self) -> None:
        if not hasattr(self, "model"):
            return
        for change_id, wish in self.model.wishes.items():
            assert change_row(change_id).state == wish.state
        fields = [change.field for change in pending_changes_of(self.identity_id, now=self.now)]
        assert len(fields) == len(set(fields))
        assert sorted(fields) == sorted(w.field for w in self.model.wishes.values() if w.waits(self.now))

    def teardown(self) -> None:
        # The next run shares the database: nothing of this one may still wait in it.
        expire_changes(now=self.now + 3 * DAY, limit=1000)


@pytest.mark.long
@pytest.mark.django_db
def test_any_order_of_acts_keeps_to_the_double_login() -> None:
    DoubleLogin.reached.clear()
    run_state_machine_as_test(
        DoubleLogin,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )


@pytest.mark.django_db
def test_the_model_and_the_acts_meet_every_outcome() -> None:
    """Chance may miss one in a run; so each is walked to once, on the machine's own rules."""
    DoubleLogin.reached.clear()
    DoubleLogin.refused.clear()
    machine = DoubleLogin()
    machine.first_login()
    for wanted in FIELDS:
        if wanted is ChangeField.REOPENING:
            machine.ask_for(machine.new_login(), wanted)  # refused: nothing is suspended
            machine.suspend_app(BlockSource.CITIZEN)
            machine.wait(1)
        first = machine.new_login()
        change_id = machine.ask_for(first, wanted)
        assert change_id is not None
        machine.confirm_with(first, change_id)
        machine.confirm_with(machine.new_login(), change_id)
        machine.come_back_to_confirm(change_id, TICK, NONE)
        machine.come_back_to_confirm(change_id, NONE, NONE)
        machine.confirm_with(machine.new_login(), change_id)
    machine.ask_for(machine.new_login(), ChangeField.AUTHENTICATOR)  # refused: there is a chip
    machine.suspend_app(BlockSource.CITIZEN)
    machine.wait(1)
    change_id = machine.ask_for(machine.new_login(), ChangeField.REOPENING)
    assert change_id is not None
    machine.ask_for(machine.new_login(), ChangeField.REOPENING)  # refused: one waits
    machine.reopen_app_in_person()
    machine.come_back_to_confirm(change_id, NONE, NONE)
    machine.block_chip()
    machine.wait(1)
    change_id = machine.ask_for(machine.new_login(), ChangeField.PHONE)
    assert change_id is not None
    machine.come_back_to_confirm(change_id, NONE, DAY)
    machine.what_stands_is_what_was_confirmed()
    machine.states_agree()
    elsewhere = {  # have tests of their own
        ConfirmRefusal.LEVEL_TOO_LOW,
        ConfirmRefusal.TAKEN,
        ConfirmRefusal.AT_MOST,
        ConfirmRefusal.PHONE_TOO_NEW,
        ConfirmRefusal.OTHER_APP,
    }
    assert set(DoubleLogin.refused) == {
        RequestRefusal.ALREADY_PENDING,
        RequestRefusal.AT_MOST,
        RequestRefusal.NOT_YOURS_TO_REOPEN,
    }
    assert set(DoubleLogin.reached) == (set(FIELDS) | set(ConfirmRefusal)) - elsewhere
