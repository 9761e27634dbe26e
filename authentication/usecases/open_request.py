"""The first step of a log-in: a user ID."""

import secrets
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import get_language, override

from authentication.binding import made_up_subject
from authentication.models import ApprovalRequest
from authentication.outcomes import RequestOpened
from authentication.queries import suggested_way
from authentication.rules import LEAST_LEVEL, NONCE_BYTES, REQUEST_LASTS
from authentication.states import Purpose
from authentication.steps.requests import supersede
from authentication.texts import ASKS, REFERENCE
from identities.api import AssuranceLevel, folded, identity_by_user_id


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

    Rule:   APR-2, APR-3, TRY-2.
    Locks:  the replaced request's row.
    Writes: ApprovalRequest.
    """
    if replaces is not None:
        supersede(replaces)
    identity = identity_by_user_id(user_id)
    subject = identity.id if identity else made_up_subject(folded(user_id))
    with override(identity.language.value if identity else get_language()):
        asks, reference_text = str(ASKS[purpose]), str(REFERENCE[purpose])
    request = ApprovalRequest.objects.create(
        purpose=purpose,
        identity_id=identity.id if identity else None,
        subject=subject,
        asks=asks,
        reference_text=reference_text,
        level_wanted=max(level_wanted, LEAST_LEVEL),
        nonce=secrets.token_bytes(NONCE_BYTES),
        source=source,
        opened_at=now,
        expires_at=now + REQUEST_LASTS,
    )
    return RequestOpened(id=request.id, suggested=suggested_way(subject, level_wanted=level_wanted, now=now))
