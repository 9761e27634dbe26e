"""Reads: the apps on citizens' phones."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from audit.api import FixedQuery
from identities.models import App
from identities.states import AppPlatform, AssuranceLevel, AuthenticatorState, IdentityState
from notifications.api import Language


@dataclass(frozen=True, kw_only=True)
class AppView:
    """An app, and what of its identity decides whether it opens anything.

    ``device_key`` is SubjectPublicKeyInfo (DER) of an EC P-256 key. ``paused_until`` may lie behind.
    """

    id: UUID
    identity_id: UUID
    user_id: str
    language: Language
    device_key: bytes
    state: AuthenticatorState
    enrolled_level: AssuranceLevel
    platform: AppPlatform
    paused_until: datetime | None
    identity_state: IdentityState
    signed_out_at: datetime | None


_BY_ID: Final = FixedQuery(lambda pk: App.objects.select_related("identity").filter(pk=pk), UUID)


def app_of(app_id: UUID) -> AppView | None:
    """Find an app by its id, blocked ones too."""
    row = _BY_ID.first(app_id)
    if row is None:
        return None
    identity = row.identity
    return AppView(
        id=row.id,
        identity_id=identity.id,
        user_id=identity.user_id,
        language=Language(identity.language),
        device_key=bytes(row.device_key),
        state=AuthenticatorState(row.state),
        enrolled_level=AssuranceLevel(row.enrolled_level),
        platform=AppPlatform(row.platform),
        paused_until=row.paused_until,
        identity_state=IdentityState(identity.state),
        signed_out_at=identity.signed_out_at,
    )
