"""Two at once: of codes, confirmations and suspensions one is granted what only one may have."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import pytest
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import Actor
from identities.api import (
    Activated,
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    BlockSource,
    ChangeField,
    ChangeWaits,
    CodeCarrier,
    CodeGiven,
    Confirmed,
    ConfirmRefusal,
    ConfirmRefused,
    HandedOut,
    SecondLogin,
    activate_code_device,
    block_authenticator,
    confirm_pending_change,
    create_change,
    give_activation_code,
    hand_out_code_device,
    suspend_authenticator,
)
from identities.models import ActivationCode, App, Chip, CodeDevice, PendingChange
from identities.webauthn import ChipCredential
from notifications.api import Channel, MessageKind
from notifications.models import Delivery
from tests.factories import together
from tests.factories.authenticators import an_app_row
from tests.factories.identities import PASSWORD, a_device, a_resident, an_officer

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
Outcome = TypeVar("Outcome")


def at_once(*acts: Callable[[], Outcome]) -> list[Outcome]:
    """Let every act begin at the same moment, each in a transaction on a connection of its own."""

    def run(act: Callable[[], Outcome]) -> Outcome:
        with transaction.atomic():
            return act()

    return together.at_once(*[partial(run, act) for act in acts])


def ask(identity_id: UUID, field: ChangeField, value: dict[str, Any], now: datetime) -> UUID:
    with transaction.atomic():
        change = create_change(
            identity_id=identity_id,
            field=field,
            new_value=json.dumps(value),
            proof_id=None,
            login_id=uuid7(),
            login_level=AssuranceLevel.SUBSTANTIAL,
            wait=HOUR,
            lasts=24 * HOUR,
            stop_address=lambda token: f"https://example.dk/stop/{token}/",
            actor=Actor.citizen(identity_id),
            now=now,
        )
    assert isinstance(change, ChangeWaits)
    return change.change_id


def confirmation(identity_id: UUID, change_id: UUID, now: datetime) -> Callable[[], object]:
    return partial(
        confirm_pending_change,
        identity_id=identity_id,
        change_id=change_id,
        second=SecondLogin(id=uuid7(), at=now + HOUR, level=AssuranceLevel.SUBSTANTIAL),
        actor=Actor.citizen(identity_id),
        now=now + HOUR,
    )


def a_chip() -> dict[str, Any]:
    credential = ChipCredential(
        credential_id=uuid7().bytes, public_key=b"k", aaguid=uuid7(), sign_count=0, transports=()
    )
    return {"kind": "chip"} | credential.as_json()


@pytest.mark.parametrize("_round", range(3))
def test_of_two_confirmations_of_a_new_app_one_gets_the_code(now: datetime, _round: int) -> None:
    identity_id = a_resident(now=now).identity_id
    change_id = ask(identity_id, ChangeField.AUTHENTICATOR, {"kind": "app"}, now)
    outcomes = at_once(*[confirmation(identity_id, change_id, now) for _ in range(2)])
    codes = [outcome.code for outcome in outcomes if isinstance(outcome, Confirmed)]
    assert len(codes) == 1
    assert [o.reason for o in outcomes if isinstance(o, ConfirmRefused)] == [ConfirmRefusal.NOT_PENDING]
    assert ActivationCode.objects.filter(kind="app").count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_aut_1_two_people_with_one_credential_enrol_it_once(now: datetime, _round: int) -> None:
    """AUT-1."""
    value, people = a_chip(), [a_resident(now=now).identity_id for _ in range(2)]
    changes = [ask(identity_id, ChangeField.AUTHENTICATOR, value, now) for identity_id in people]
    outcomes = at_once(
        *[confirmation(identity_id, change_id, now) for identity_id, change_id in zip(people, changes, strict=True)]
    )
    assert sum(isinstance(outcome, Confirmed) for outcome in outcomes) == 1
    assert [o.reason for o in outcomes if isinstance(o, ConfirmRefused)] == [ConfirmRefusal.TAKEN]
    assert Chip.objects.count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_sec_4_of_two_codes_given_at_once_one_opens(now: datetime, _round: int) -> None:
    """SEC-4."""
    identity_id = a_resident(now=now).identity_id
    give = partial(
        give_activation_code,
        identity_id=identity_id,
        kind=AuthenticatorKind.APP,
        carrier=CodeCarrier.PAPER,
        proven_level=AssuranceLevel.HIGH,
        actor=an_officer(),
        now=now,
    )
    outcomes = at_once(give, give)
    assert all(isinstance(outcome, CodeGiven) for outcome in outcomes)
    states = ActivationCode.objects.filter(kind="app").values_list("state", flat=True)
    assert sorted(states) == ["dead", "open"]


@pytest.mark.parametrize("_round", range(3))
def test_sec_4_of_two_activations_with_one_code_one_activates(now: datetime, _round: int) -> None:
    """SEC-4, SEC-3."""
    resident = a_resident(now=now)
    device = a_device()
    with transaction.atomic():
        handed = hand_out_code_device(
            serial=device.serial,
            identity_id=resident.identity_id,
            proven_level=AssuranceLevel.HIGH,
            actor=an_officer(),
            now=now,
        )
    assert isinstance(handed, HandedOut)
    activate = partial(
        activate_code_device,
        user_id=resident.user_id,
        activation_code=handed.activation_code,
        device_code=device.code(now),
        password=PASSWORD,
        actor=Actor.visitor(),
        now=now,
    )
    outcomes = at_once(activate, activate)
    assert sum(isinstance(outcome, Activated) for outcome in outcomes) == 1
    assert CodeDevice.objects.filter(user_id=resident.identity_id, state="active").count() == 1


@pytest.mark.parametrize("_round", range(3))
def test_blk_3_of_reopening_and_another_suspension_the_suspension_stands(now: datetime, _round: int) -> None:
    """BLK-1, BLK-3: whichever comes first, what support suspended is not open afterwards."""
    identity_id = a_resident(now=now).identity_id
    app = an_app_row(identity_id, now=now)
    App.objects.update(state="suspended", suspended_by="citizen")
    change_id = ask(identity_id, ChangeField.REOPENING, {"kind": "app", "id": str(app.id)}, now)
    at_once(
        confirmation(identity_id, change_id, now),
        partial(
            suspend_authenticator,
            identity_id=identity_id,
            kind=AuthenticatorKind.APP,
            authenticator_id=app.id,
            source=BlockSource.SUPPORT,
            actor=an_officer(),
            now=now + HOUR,
        ),
    )
    app.refresh_from_db()
    assert (app.state, app.suspended_by) == ("suspended", "support")
    assert not PendingChange.objects.filter(state="pending").exists()


@pytest.mark.parametrize("_round", range(3))
def test_blk_1_a_block_at_the_moment_of_a_code_leaves_none_that_opens_or_came_after_it(
    now: datetime, _round: int
) -> None:
    """BLK-1."""
    identity_id = a_resident(now=now).identity_id
    app = an_app_row(identity_id, now=now)
    change_id = ask(identity_id, ChangeField.AUTHENTICATOR, {"kind": "app"}, now)
    outcomes = at_once(
        confirmation(identity_id, change_id, now),
        partial(
            block_authenticator,
            identity_id=identity_id,
            kind=AuthenticatorKind.APP,
            authenticator_id=app.id,
            reason=AuthenticatorBlockReason.LOST_DEVICE,
            actor=an_officer(),
            now=now + HOUR,
        ),
    )
    assert outcomes[1] is True
    assert not ActivationCode.objects.filter(kind="app", state="open").exists()


def test_of_two_blocks_at_once_one_is_told_of(now: datetime) -> None:
    """ALR-2."""
    identity_id = a_resident(now=now).identity_id
    app = an_app_row(identity_id, now=now)
    block = partial(
        block_authenticator,
        identity_id=identity_id,
        kind=AuthenticatorKind.APP,
        authenticator_id=app.id,
        reason=AuthenticatorBlockReason.OWN_WISH,
        actor=Actor.citizen(identity_id),
        now=now,
    )
    assert sorted(at_once(block, block)) == [False, True]
    told = Delivery.objects.filter(kind=MessageKind.AUTHENTICATOR_BLOCKED)
    assert sorted(told.values_list("channel", flat=True)) == [Channel.EMAIL, Channel.SMS]
