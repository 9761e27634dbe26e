"""The process that ``bench.hsm`` starts: its own database and token, figures as JSON on standard output."""

import json
import os
import statistics
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

os.environ["DJANGO_SETTINGS_MODULE"] = "mitid_portal.settings"
import tests.services  # noqa: F401 - starts database and token, and sets what the settings read

import django  # isort: skip

django.setup()

import pkcs11  # noqa: E402 - after the settings
from django.core.management import call_command  # noqa: E402 - as above
from pkcs11 import GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass  # noqa: E402 - as above

from hsm import api as hsm  # noqa: E402 - as above
from hsm.token.connection import connection  # noqa: E402 - as above

ROUNDS: Final = 7
ROUND_SECONDS: Final = 0.3
ROW: Final = UUID(int=7)
NAME: Final = "Søren Østergård Åkjær"
DIGEST: Final = sha256(b"message").digest()
MESSAGE: Final = b"a message of usual length, about as long as a context and a value"
STEPS: Final = [step.to_bytes(8, "big") for step in range(3)]

Act = Callable[[], object]


def main() -> None:
    """Print the figures."""
    call_command("migrate", "hsm", verbosity=0)
    hsm.provision()
    pairs = portal_acts()
    raw = raw_acts()
    figures: dict[str, float] = {}
    for name, (act, raw_name) in pairs.items():
        ours, bare, ratio = compared(act, raw[raw_name])
        figures[f"{name}_per_second"] = round(ours)
        figures[f"raw_{raw_name}_per_second"] = round(bare)
        figures[f"{name}_ratio_to_raw"] = round(ratio, 2)
    print(json.dumps(figures))


def portal_acts() -> dict[str, tuple[Act, str]]:
    """Give the portal's operations, each with the name of the bare one it is held against."""
    sealed = hsm.seal(NAME, purpose="name", bound_to=ROW)
    wrapped = hsm.new_seed()
    stored = hsm.verifier("123456", purpose="pin", bound_to=ROW)
    return {
        "sealed_write": (lambda: hsm.seal(NAME, purpose="name", bound_to=ROW), "aes_gcm"),
        "sealed_read": (lambda: hsm.open_sealed(sealed, purpose="name", bound_to=ROW), "aes_gcm"),
        "blind_index": (lambda: hsm.blind_index("0101901234", purpose="cpr"), "hmac_sha256"),
        "verifier_matches": (
            lambda: hsm.verifier_matches("123456", stored, purpose="pin", bound_to=ROW),
            "hmac_sha256",
        ),
        "pepper": (lambda: hsm.pepper("correct horse"), "hmac_sha256"),
        "sign": (lambda: hsm.sign(hsm.KeyName.TOKEN_SIGNING, b"message"), "ecdsa_p256"),
        "seed_hmac": (lambda: hsm.seed_hmac_sha1(wrapped, STEPS), "seed_hmac"),
    }


def raw_acts() -> dict[str, Act]:
    """Give the bare module's operations: one session, handles held, no lock, nothing around them."""

    def found(held: Any) -> dict[str, Any]:
        secrets = {
            name: held.session.get_key(object_class=ObjectClass.SECRET_KEY, label=f"{name}.1")
            for name in ("lookup", "data-wrap", "secret-wrap")
        }
        pair = held.session.get_key(object_class=ObjectClass.PRIVATE_KEY, label="token-signing.1")
        return secrets | {"pair": pair}

    keys = connection.call(found)
    wrapped = hsm.new_seed()[2:]

    def seed_hmac() -> list[bytes]:
        seed = keys["secret-wrap"].unwrap_key(
            ObjectClass.SECRET_KEY,
            KeyType.GENERIC_SECRET,
            wrapped,
            mechanism=Mechanism.AES_KEY_WRAP_PAD,
            capabilities=MechanismFlag.SIGN,
            template={pkcs11.Attribute.TOKEN: False},
        )
        macs = [seed.sign(step, mechanism=Mechanism.SHA_1_HMAC) for step in STEPS]
        seed.destroy()
        return macs

    def aes_gcm() -> bytes:
        parameters = GCMParams(nonce=os.urandom(12), aad=MESSAGE, tag_bits=128)
        sealed: bytes = keys["data-wrap"].encrypt(
            NAME.encode(), mechanism=Mechanism.AES_GCM, mechanism_param=parameters
        )
        return sealed

    return {
        "hmac_sha256": lambda: keys["lookup"].sign(MESSAGE, mechanism=Mechanism.SHA256_HMAC),
        "ecdsa_p256": lambda: keys["pair"].sign(DIGEST, mechanism=Mechanism.ECDSA),
        "aes_gcm": aes_gcm,
        "seed_hmac": seed_hmac,
    }


def compared(act: Act, raw: Act) -> tuple[float, float, float]:
    """Measure two acts in turn, so that a slow moment of the machine meets both; medians."""
    rates = [(rate(act), rate(raw)) for _ in range(ROUNDS)]
    ours, bare = (statistics.median(column) for column in zip(*rates, strict=True))
    return ours, bare, statistics.median(mine / its for mine, its in rates)


def rate(act: Act) -> float:
    """Repeat an act for one round.

    Returns: times a second.
    """
    count = 0
    start = time.perf_counter()
    while (elapsed := time.perf_counter() - start) < ROUND_SECONDS:
        for _ in range(20):
            act()
        count += 20
    return count / elapsed


if __name__ == "__main__":
    main()
