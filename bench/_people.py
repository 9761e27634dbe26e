"""The process that makes the people of ``bench.login`` and ``bench.enumeration``, in the database of a running system.

They come about as the tests' people do, through the steps that the registration authority and the app use. What they
know and hold goes to standard output as JSON.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django_otp.oath import hotp

STEP_SECONDS: Final = 30  # SEC-3
DIGITS: Final = 6  # SEC-3
QUIET_SECONDS: Final = 240.0


@dataclass(frozen=True)
class Player:
    """Somebody who can log in: with a code display, and with an app where ``app_id`` is set."""

    user_id: str
    password: str
    seed: str
    app_id: str = ""
    app_key: str = ""
    pin: str = ""

    def code(self, at: float) -> str:
        """Give what the code display shows at an instant (RFC 6238)."""
        number: int = hotp(bytes.fromhex(self.seed), int(at) // STEP_SECONDS, DIGITS)  # type: ignore[no-untyped-call]  # django-otp has no types
        return f"{number:0{DIGITS}}"

    @property
    def key(self) -> EllipticCurvePrivateKey:
        """The private half of the app's key."""
        key = load_pem_private_key(self.app_key.encode(), password=None)
        if not isinstance(key, EllipticCurvePrivateKey):
            raise TypeError("An app's key is on P-256.")
        return key


@dataclass(frozen=True)
class People:
    """All of them; who has an app logs in with it, for it is what they got last."""

    with_display: list[Player]
    with_app: list[Player]
    with_chip: list[Player]


def made(environment: Mapping[str, str], *, with_display: int, with_app: int, with_chip: int = 0) -> People:
    """Have them made in a process of its own; returns once all messages to them are sent."""
    arguments = [sys.executable, "-m", "bench._people", str(with_display), str(with_app), str(with_chip)]
    done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True, env=dict(environment))
    found = json.loads(done.stdout)
    return People(
        with_display=[Player(**each) for each in found["with_display"]],
        with_app=[Player(**each) for each in found["with_app"]],
        with_chip=[Player(**each) for each in found["with_chip"]],
    )


def main(with_display: int, with_app: int, with_chip: int) -> None:
    """Make them and print what they know."""
    import django  # noqa: PLC0415 - for this process alone

    django.setup()
    people = People(
        with_display=[_player() for _ in range(with_display)],
        with_app=[_player_with_app() for _ in range(with_app)],
        with_chip=[_player_with_chip() for _ in range(with_chip)],
    )
    wait_until_quiet()
    print(json.dumps(asdict(people)))


def _player() -> Player:
    from mitid_portal import clock  # noqa: PLC0415 - after the settings
    from tests.factories.identities import a_resident  # noqa: PLC0415 - as above

    someone = a_resident(now=clock.now())
    return Player(user_id=someone.user_id, password=someone.password, seed=someone.device.seed.hex())


def _player_with_app() -> Player:
    from mitid_portal import clock  # noqa: PLC0415 - after the settings
    from tests.factories.apps import an_app  # noqa: PLC0415 - as above
    from tests.factories.identities import a_resident  # noqa: PLC0415 - as above

    someone = a_resident(now=clock.now())
    app = an_app(someone, now=clock.now())
    key = app.phone.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Player(
        user_id=someone.user_id,
        password=someone.password,
        seed=someone.device.seed.hex(),
        app_id=str(app.id),
        app_key=key.decode(),
        pin=app.pin,
    )


def _player_with_chip() -> Player:
    from django.db import transaction  # noqa: PLC0415 - after the settings

    from audit.api import Actor  # noqa: PLC0415 - as above
    from identities import api as identities  # noqa: PLC0415 - as above
    from mitid_portal import clock  # noqa: PLC0415 - as above
    from tests.factories.chip import SoftwareChip  # noqa: PLC0415 - as above
    from tests.factories.identities import a_resident  # noqa: PLC0415 - as above

    now = clock.now()
    someone = a_resident(now=now)
    options, challenge = identities.chip_registration_options(identity_id=someone.identity_id, user_id=someone.user_id)
    credential = identities.verify_chip_registration(SoftwareChip().create(options), challenge=challenge)
    if isinstance(credential, identities.ChipRefusal):
        raise SystemExit(f"A chip was not taken: {credential}")
    with transaction.atomic():
        identities.enrol_chip(
            identity_id=someone.identity_id,
            credential=credential,
            enrolled_level=identities.AssuranceLevel.SUBSTANTIAL,
            actor=Actor.visitor(),
            now=now,
        )
    return Player(user_id=someone.user_id, password=someone.password, seed=someone.device.seed.hex())


def wait_until_quiet() -> None:
    """Return once the worker has nothing to send any more."""
    from notifications.models import Delivery  # noqa: PLC0415 - after the settings
    from notifications.states import DeliveryState  # noqa: PLC0415 - as above

    deadline = time.monotonic() + QUIET_SECONDS
    while Delivery.objects.filter(state=DeliveryState.QUEUED).exists():
        if time.monotonic() > deadline:
            raise SystemExit("The worker does not get its messages sent.")
        time.sleep(0.5)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mitid_portal.settings")
    main(*(int(count) for count in sys.argv[1:]))
