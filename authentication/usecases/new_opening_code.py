"""The app shows its owner a code that takes the app's one place from a stranger."""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction

from authentication import events
from authentication.binding import SHORT_CODE_LENGTH, grouped, opening_code_index
from authentication.models import OpeningCode
from authentication.outcomes import OpeningCodeGiven
from authentication.rules import OPENING_CODE_LASTS
from identities.api import ACTIVATION_ALPHABET, AuthenticatorState, app_of, locked_identity


@transaction.atomic(durable=True)
def new_opening_code(*, app_id: UUID, now: datetime) -> OpeningCodeGiven | None:
    """Give an active app a fresh opening code; the one it had is worth nothing. None for any other app.

    Rule:   APR-5, TRY-2.
    Locks:  the identity's row.
    Writes: OpeningCode, AuditEvent.
    """
    app = app_of(app_id)
    if app is None or app.state is not AuthenticatorState.ACTIVE:
        return None
    locked_identity(app.identity_id)
    code = "".join(secrets.choice(ACTIVATION_ALPHABET) for _ in range(SHORT_CODE_LENGTH))
    OpeningCode.objects.update_or_create(
        app_id=app_id,
        defaults={
            "identity_id": app.identity_id,
            "code_index": opening_code_index(app.identity_id, code),
            "issued_at": now,
            "expires_at": now + OPENING_CODE_LASTS,
            "used_at": None,
        },
    )
    events.opening_code_issued(identity_id=app.identity_id, app_id=app_id, now=now)
    return OpeningCodeGiven(code=grouped(code), expires_at=now + OPENING_CODE_LASTS)
