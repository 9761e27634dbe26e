"""The first step of a log-in: a user ID."""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language, override

from audit.api import put_in
from authentication.models import ApprovalRequest
from authentication.outcomes import RequestOpened
from authentication.queries import suggested_way
from authentication.rules import LEAST_LEVEL, NONCE_BYTES, REQUEST_LASTS
from authentication.states import Purpose
from authentication.steps.requests import supersede
from authentication.texts import ASKS, REFERENCE
from identities.api import AssuranceLevel, holder_of_user_id, made_up_subject
from notifications.api import Language


@transaction.atomic(durable=True)
def open_request(
    *,
    purpose: Purpose,
    user_id: str,
    source: str,
    now: datetime,
    level_wanted: AssuranceLevel = LEAST_LEVEL,
    replaces: UUID | None = None,
) -> RequestOpened:
    """Open a request to log in, for a user ID that somebody has or nobody has alike.

    ``replaces`` is the request that the same browser was in the middle of: it ends, and leaves its place in the app.

    Rule:   APR-2, APR-3. TRY-2: the same statements find the same number of rows, and nobody's subject is made for
            somebody too.
    Locks:  the replaced request's row.
    Writes: ApprovalRequest.
    """
    if replaces is not None:
        supersede(replaces)
    nobodys = made_up_subject(user_id)
    holder = holder_of_user_id(user_id, otherwise=nobodys, language=Language(get_language()))
    with override(holder.language.value):
        asks, reference_text = str(ASKS[purpose]), str(REFERENCE[purpose])
    request = ApprovalRequest(
        purpose=purpose,
        identity_id=holder.subject if holder.is_somebody else None,
        subject=holder.subject,
        asks=asks,
        reference_text=reference_text,
        level_wanted=max(level_wanted, LEAST_LEVEL),
        nonce=secrets.token_bytes(NONCE_BYTES),
        source=source,
        opened_at=now,
        expires_at=now + REQUEST_LASTS,
    )
    put_in(request)
    return RequestOpened(id=request.id, suggested=suggested_way(holder.subject, level_wanted=level_wanted, now=now))
