"""What every block ends, of one authenticator or of the whole identity (BLK-1)."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from audit.api import Actor
from identities.models import AppEnrolment, CopyTicket, Identity
from identities.states import CancelledBy, EnrolmentState
from identities.steps.changes import cancel_all_changes
from identities.steps.codes import kill_activation_codes
from identities.steps.guard import assert_in_transaction


def sign_out_everywhere(*, identity: Identity, actor: Actor, now: datetime) -> None:
    """Make every login, request and code of a locked identity up to ``now`` dead, and stop its pending changes.

    An app on its way, by a code or as a copy, does not arrive any more.

    Rule:   BLK-1, CHG-6. ``signed_out_at`` never moves back.
    Writes: Identity, PendingChange, ActivationCode, AppEnrolment, CopyTicket, AuditEvent.
    """
    assert_in_transaction()
    _sign_out(identity, now)
    cancel_all_changes(identity=identity, by=CancelledBy.BLOCK, actor=actor, now=now)
    kill_activation_codes(identity_id=identity.id)
    AppEnrolment.objects.filter(identity=identity, state=EnrolmentState.OPEN).update(state=EnrolmentState.DEAD)
    CopyTicket.objects.filter(copy__identity=identity, used_at__isnull=True).delete()


def end_logins(*, identity_id: UUID, now: datetime) -> None:
    """Make every login and open request of an identity up to ``now`` dead, and nothing else.

    Rule:   BLK-1. ``signed_out_at`` never moves back.
    Locks:  the identity's row.
    Writes: Identity.
    """
    assert_in_transaction()
    _sign_out(Identity.objects.select_for_update(no_key=True).get(pk=identity_id), now)


def _sign_out(identity: Identity, now: datetime) -> None:
    """Make dead what logged a locked identity in, or is about to, whatever its clock said.

    Whoever read the clock after us and yet held the identity before us has left a login that is younger than ``now``;
    it would outlive the block by half an hour.
    """
    newest: Callable[[UUID], datetime | None] = import_string(settings.NEWEST_LOGIN)
    instants = (identity.signed_out_at, newest(identity.id), now)
    identity.signed_out_at = max(instant for instant in instants if instant is not None)
    identity.save(update_fields=["signed_out_at"])
