"""What the app signed, held against what was asked (APR-6)."""

from base64 import urlsafe_b64encode
from typing import Final

from rest_framework.exceptions import ValidationError

from authentication.app_api.fields import shape
from authentication.app_api.jws import read_approval
from authentication.app_api.serializers import ApprovalText
from authentication.queries import RequestView
from identities.api import AppView

DECISIONS: Final = {True: "approve", False: "reject"}


def approval_holds(signed: str, *, app: AppView, shown: RequestView, is_approved: bool) -> bool:
    """Tell whether this app signed exactly this decision on exactly what was asked.

    The time in it is the phone's, however wrong: it is kept, and decides nothing.

    Rule: APR-6.
    """
    members = read_approval(signed, app_id=app.id, device_key=app.device_key)
    if members is None:
        return False
    text = shape(ApprovalText)
    if text.fields.keys() != members.keys():
        return False
    try:
        said = text.run_validation(members)
    except ValidationError:
        return False
    return bool(
        said["request_id"] == shown.id
        and said["reference_text"] == shown.reference_text
        and said["asks"] == shown.asks
        and said["level"] == shown.level.name
        and said["decision"] == DECISIONS[is_approved]
        and said["nonce"] == urlsafe_b64encode(shown.nonce).rstrip(b"=").decode("ascii")
    )
