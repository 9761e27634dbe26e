"""Apps and chips as their enrolment leaves them, for tests of what happens to them afterwards."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F
from uuid_utils.compat import uuid7

from identities.models import ActivationCode, App, Chip, ContactPoint
from identities.states import AppPlatform, AssuranceLevel


def an_app_row(
    identity_id: UUID,
    *,
    now: datetime,
    level: AssuranceLevel = AssuranceLevel.SUBSTANTIAL,
    platform: AppPlatform = AppPlatform.ANDROID,
    installation_id: UUID | None = None,
) -> App:
    """Put an app on a phone of its own; no PIN opens it."""
    return App.objects.create(
        identity_id=identity_id,
        installation_id=installation_id or uuid7(),
        platform=platform,
        device_key=uuid7().bytes,
        pin_verifier=b"v",
        enrolled_level=level,
        activated_at=now,
    )


def a_chip_row(identity_id: UUID, *, now: datetime, level: AssuranceLevel = AssuranceLevel.SUBSTANTIAL) -> Chip:
    """Enrol a chip that answers nothing."""
    return Chip.objects.create(
        identity_id=identity_id,
        credential_id=uuid7().bytes,
        public_key=b"k",
        aaguid=uuid7(),
        sign_count=1,
        enrolled_level=level,
        activated_at=now,
    )


def a_visit_long_past(identity_id: UUID) -> None:
    """Let what was enrolled with codes so far have been enrolled on a visit of another week (ADR 0111)."""
    earlier, used = timedelta(days=7), ActivationCode.objects.filter(identity_id=identity_id, state="used")
    used.update(
        issued_at=F("issued_at") - earlier, expires_at=F("expires_at") - earlier, used_at=F("used_at") - earlier
    )


def a_phone_changed_at(identity_id: UUID, at: datetime) -> None:
    """Let the phone that stands be one that was changed to then (SEC-7)."""
    ContactPoint.objects.filter(identity_id=identity_id, kind="phone", state="active").update(
        is_first=False, registered_at=at
    )
