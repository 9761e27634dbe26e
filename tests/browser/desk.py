"""Run as a program in a system's environment: what a clerk or supporter does, for journeys that are not about the desk.

``python -m tests.browser.desk code USER_ID`` hands out a paper with an activation code for the app and prints the code;
``code-on-screen`` prints one as self-service shows it; ``chip-code`` and ``password-code`` are papers for these;
``block`` blocks the citizen's apps, ``alert`` stores alerts for them. Without arguments it reads lines,
``ACT<tab>USER_ID``, and answers each.
"""

import sys
from datetime import timedelta
from uuid import UUID

import django

django.setup()

from django.db import transaction  # noqa: E402 - after the settings

from audit.api import Actor  # noqa: E402 - after the settings
from identities.api import (  # noqa: E402 - after the settings
    AssuranceLevel,
    AuthenticatorBlockReason,
    AuthenticatorKind,
    CodeCarrier,
    CodeGiven,
    alert_identity,
    authenticators_of,
    block_authenticator,
    give_activation_code,
    identity_by_user_id,
    locked_identity,
)
from mitid_portal import clock  # noqa: E402 - after the settings
from notifications.api import SimultaneousRequests  # noqa: E402 - after the settings
from tests.factories.authenticators import a_visit_long_past  # noqa: E402 - after the settings

ALERTS = 24
KINDS = {"chip-code": AuthenticatorKind.CHIP, "password-code": AuthenticatorKind.PASSWORD}


def main(act: str, user_id: str) -> str:
    """Act, and give what is to be read out."""
    identity = identity_by_user_id(user_id)
    assert identity is not None, user_id
    with transaction.atomic():
        if act == "block":
            return block(identity.id)
        if act == "alert":
            return alert(identity.id)
        carrier = CodeCarrier.SCREEN if act == "code-on-screen" else CodeCarrier.PAPER
        return code(identity.id, KINDS.get(act, AuthenticatorKind.APP), carrier)


def code(identity_id: UUID, kind: AuthenticatorKind, carrier: CodeCarrier) -> str:
    """Give a code; on paper only to a person who is there."""
    a_visit_long_past(identity_id)
    given = give_activation_code(
        identity_id=identity_id,
        kind=kind,
        carrier=carrier,
        proven_level=AssuranceLevel.HIGH if carrier is CodeCarrier.PAPER else None,
        actor=Actor.system(),
        now=clock.now(),
    )
    assert isinstance(given, CodeGiven), given
    return given.text or ""


def alert(identity_id: UUID) -> str:
    """Store more alerts than the app's inbox shows at once."""
    for number in range(ALERTS):
        at = clock.now() - timedelta(minutes=number)
        alert_identity(identity_id=identity_id, message=SimultaneousRequests(at=at), now=clock.now())
    return f"{ALERTS} stored"


def block(identity_id: UUID) -> str:
    """Block every app of the identity."""
    locked_identity(identity_id)
    apps = [view for view in authenticators_of(identity_id) if view.kind is AuthenticatorKind.APP]
    for app in apps:
        block_authenticator(
            identity_id=identity_id,
            kind=app.kind,
            authenticator_id=app.id,
            reason=AuthenticatorBlockReason.LOST_DEVICE,
            actor=Actor.system(),
            now=clock.now(),
        )
    return f"{len(apps)} blocked"


if __name__ == "__main__":
    for asked in [sys.argv[1:]] if sys.argv[1:] else (line.rstrip("\n").split("\t") for line in sys.stdin):
        sys.stdout.write(f"{main(*asked)}\n")
        sys.stdout.flush()
