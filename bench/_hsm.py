"""The process that ``bench.hsm`` starts: its own database and token, figures as JSON on standard output.

Portal and bare module run in processes of their own, so that the bare one is as the binding starts it, without locks.
"""

import json
import os
import statistics
import time
from collections.abc import Callable
from hashlib import sha256
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, Final
from uuid import UUID

os.environ["DJANGO_SETTINGS_MODULE"] = "mitid_portal.settings"
import tests.services  # noqa: F401 - starts database and token, and sets what the settings read

import django  # isort: skip

django.setup()

import pkcs11  # noqa: E402 - after the settings
from django.conf import settings  # noqa: E402 - as above
from django.core.management import call_command  # noqa: E402 - as above
from pkcs11 import GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass  # noqa: E402 - as above

from hsm import api as hsm  # noqa: E402 - as above
from hsm.token.start_lock import start_lock  # noqa: E402 - as above

ROUNDS: Final = 7
ROUND_SECONDS: Final = 0.3
ROW: Final = UUID(int=7)
NAME: Final = "Søren Østergård Åkjær"
DIGEST: Final = sha256(b"message").digest()
MESSAGE: Final = b"a message of usual length, about as long as a context and a value"
RAW_OF: Final = {
    "sealed_write": "aes_gcm",
    "sealed_read": "aes_gcm",
    "blind_index": "hmac_sha256",
    "verifier_matches": "hmac_sha256",
    "pepper": "hmac_sha256",
    "sign": "ecdsa_p256",
    "seed_hmac": "seed_hmac",
}
"""The portal's operations, and the bare module's that each is held against."""
STEPS: Final = [step.to_bytes(8, "big") for step in range(3)]

Act = Callable[[], object]


class Worker:
    """A process that measures what it is told to, one act after the other."""

    def __init__(self, acts: Callable[[], dict[str, Act]]) -> None:
        """Fork before the module is touched; the acts are prepared in the child, when it is told to begin."""
        context = get_context("fork")
        self._pipe, its = context.Pipe()
        context.Process(target=work, args=[its, acts], daemon=True).start()

    def begin(self) -> None:
        """Have it open the module."""
        self.send("")
        self.rate()

    def send(self, name: str) -> None:
        """Have it repeat an act for one round."""
        self._pipe.send(name)

    def rate(self) -> float:
        """Wait for the end of the round; times a second."""
        return float(self._pipe.recv())


def work(pipe: Connection, prepared: Callable[[], dict[str, Act]]) -> None:
    """Be a worker until the process that started it ends."""
    pipe.recv()
    acts = prepared()
    pipe.send(0)
    while True:
        pipe.send(rate(acts[pipe.recv()]))


def main() -> None:
    """Print the figures."""
    portal = [Worker(portal_acts) for _ in range(2)]
    raw = [Worker(raw_acts) for _ in range(2)]
    call_command("migrate", "hsm", verbosity=0)
    hsm.provision()
    for worker in portal + raw:
        worker.begin()
    figures: dict[str, float] = {}
    for count, suffix in ((1, ""), (2, "_two_processes")):
        for name, raw_name in RAW_OF.items():
            ours, bare, ratio = compared(portal[:count], name, raw[:count], raw_name)
            figures[f"{name}_per_second{suffix}"] = round(ours)
            figures[f"raw_{raw_name}_per_second{suffix}"] = round(bare)
            figures[f"{name}_ratio_to_raw{suffix}"] = round(ratio, 2)
    print(json.dumps(figures))


def portal_acts() -> dict[str, Act]:
    """Give the portal's operations."""
    sealed = hsm.seal(NAME, purpose="name", bound_to=ROW)
    wrapped = hsm.new_seed()
    stored = hsm.verifier("123456", purpose="pin", bound_to=ROW)
    return {
        "sealed_write": lambda: hsm.seal(NAME, purpose="name", bound_to=ROW),
        "sealed_read": lambda: hsm.open_sealed(sealed, purpose="name", bound_to=ROW),
        "blind_index": lambda: hsm.blind_index("0101901234", purpose="cpr"),
        "verifier_matches": lambda: hsm.verifier_matches("123456", stored, purpose="pin", bound_to=ROW),
        "pepper": lambda: hsm.pepper("correct horse"),
        "sign": lambda: hsm.sign(hsm.KeyName.TOKEN_SIGNING, b"message"),
        "seed_hmac": lambda: hsm.seed_hmac_sha1(wrapped, STEPS),
    }


def raw_acts() -> dict[str, Act]:
    """Give the bare module's operations: one session, handles held, no lock, nothing around them."""
    with start_lock():
        token = pkcs11.lib(settings.PKCS11_MODULE).get_token(token_label=settings.PKCS11_TOKEN_LABEL)
        session = token.open(rw=True, user_pin=settings.PKCS11_USER_PIN)
    keys: dict[str, Any] = {
        name: session.get_key(object_class=ObjectClass.SECRET_KEY, label=f"{name}.1")
        for name in ("lookup", "data-wrap", "secret-wrap")
    }
    pair: Any = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label="token-signing.1")
    fresh = session.generate_key(
        KeyType.GENERIC_SECRET,
        160,
        capabilities=MechanismFlag.SIGN,
        template={pkcs11.Attribute.TOKEN: False, pkcs11.Attribute.EXTRACTABLE: True},
    )
    wrapped = keys["secret-wrap"].wrap_key(fresh, mechanism=Mechanism.AES_KEY_WRAP_PAD)

    def seed_hmac() -> list[bytes]:
        seed = keys["secret-wrap"].unwrap_key(
            ObjectClass.SECRET_KEY,
            KeyType.GENERIC_SECRET,
            wrapped,
            mechanism=Mechanism.AES_KEY_WRAP_PAD,
            capabilities=MechanismFlag.SIGN,
            template={pkcs11.Attribute.TOKEN: False},
        )
        macs = [seed.sign(step, mechanism=Mechanism.SHA_1_HMAC, buffer_size=20) for step in STEPS]
        seed.destroy()
        return macs

    def aes_gcm() -> bytes:
        parameters = GCMParams(nonce=os.urandom(12), aad=MESSAGE, tag_bits=128)
        sealed: bytes = keys["data-wrap"].encrypt(
            NAME.encode(), mechanism=Mechanism.AES_GCM, mechanism_param=parameters
        )
        return sealed

    return {
        "hmac_sha256": lambda: keys["lookup"].sign(MESSAGE, mechanism=Mechanism.SHA256_HMAC, buffer_size=32),
        "ecdsa_p256": lambda: pair.sign(DIGEST, mechanism=Mechanism.ECDSA, buffer_size=64),
        "aes_gcm": aes_gcm,
        "seed_hmac": seed_hmac,
    }


def compared(portal: list[Worker], name: str, raw: list[Worker], raw_name: str) -> tuple[float, float, float]:
    """Measure two acts in turn, so that a slow moment of the machine meets both; medians of all workers' sums."""
    rates = [(together(portal, name), together(raw, raw_name)) for _ in range(ROUNDS)]
    ours, bare = (statistics.median(column) for column in zip(*rates, strict=True))
    return ours, bare, statistics.median(mine / its for mine, its in rates)


def together(workers: list[Worker], name: str) -> float:
    """Have workers measure an act at the same time; the sum of their rates."""
    for worker in workers:
        worker.send(name)
    return sum(worker.rate() for worker in workers)


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
