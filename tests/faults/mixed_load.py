"""A program: a mixed load on the module by several threads, while random faults befall it.

Prints what it saw; an assertion that fails ends it with an error.
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pkcs11
from django.conf import settings
from django.db import connection as database

from hsm import api as hsm
from hsm.token import operations
from hsm.token.connection import connection
from hsm.token.faults import FAULTS
from hsm.token.faults import Fault as Meaning
from hsm.token.rewrapping import decrypted
from tests.faults.answers import CKR
from tests.faults.standin import NOTHING, WRAPPED, Fault, Standin, install

ROW = UUID(int=7)
THREADS = 4
RATE = 0.03
SPARED_CALLS = 10  # of a thread after a fault, so that two in a row do not look like a spoilt value
HANGS = 12
MARGIN_SECONDS = 0.35
GLANCE_SECONDS = 0.02
PINS = {"PIN_EXPIRED", "PIN_INCORRECT", "PIN_INVALID", "PIN_LEN_RANGE", "PIN_LOCKED", "USER_PIN_NOT_INITIALIZED"}
ANSWERS = [number for name, number in CKR.items() if name not in PINS | {"OK"}]


class RandomFaults:
    """A seeded plan: error codes before or after the call, lost sessions, slow and hanging calls."""

    def __init__(self, seed: int, wanted: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._spared: Counter[int] = Counter()
        self._hangs_until: dict[int, float] = {}
        self.wanted = wanted
        self.seen: Counter[str] = Counter()

    @property
    def is_done(self) -> bool:
        return self.seen.total() >= self.wanted

    def fault(self, function: str) -> Fault:
        thread = threading.get_ident()
        with self._lock:
            if self._spared[thread] > 0:
                self._spared[thread] -= 1
                return NOTHING
            if self.is_done or self._random.random() > RATE:
                return NOTHING
            self._spared[thread] = SPARED_CALLS
            kind = self._random.choices(
                ["answer", "then answer", "lost", "slow", "hang"],
                weights=[60, 15, 15, 8, 2 * (self.seen["hang"] < HANGS)],
            )[0]
            self.seen[kind] += 1
            return self._made(kind, thread)

    def still_hangs(self, function: str) -> bool:
        return time.monotonic() < self._hangs_until[threading.get_ident()]

    def _made(self, kind: str, thread: int) -> Fault:
        if kind == "answer":
            return Fault(answer=self._random.choice(ANSWERS))
        if kind == "then answer":
            return Fault(then_answer=self._random.choice(ANSWERS))
        if kind == "lost":
            return Fault(is_session_lost=True)
        if kind == "slow":
            return Fault(sleep=self._random.uniform(0.005, 0.05))
        self._hangs_until[thread] = time.monotonic() + settings.HSM_CALL_SECONDS * 1.5
        return Fault(hang=True)


class Lateness:
    """How late the machine lets a thread go on that sleeps: what an operation may last longer for no fault of ours."""

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []
        threading.Thread(target=self._watch, daemon=True).start()

    def since(self, began: float) -> float:
        """Give the seconds lost since a time of the monotonic clock."""
        return sum(late for at, late in list(self._late) if at >= began)

    def _watch(self) -> None:
        while True:
            began = time.monotonic()
            time.sleep(GLANCE_SECONDS)
            ended = time.monotonic()
            self._late.append((ended, ended - began - GLANCE_SECONDS))


class Load:
    """Operations with known answers, and what came of them."""

    def __init__(self) -> None:
        self._lateness = Lateness()
        self.outcomes: Counter[str] = Counter()
        self.hung: list[hsm.HungCall] = []
        self.wrong: list[str] = []
        hsm.on_hung_call(self.hung.append)
        self.acts = self._known_acts()

    def _known_acts(self) -> dict[str, tuple[Callable[[], object], object]]:
        sealed = hsm.seal("Åse", purpose="p", bound_to=ROW)
        stored = hsm.verifier("1", purpose="p", bound_to=ROW)
        wrapped = hsm.wrap_seed(b"12345678901234567890")
        spoilt = wrapped[:-1] + bytes([wrapped[-1] ^ 1])
        under = operations.encrypt("data-wrap.1", b"plain", context=b"c")

        def signed() -> bool:
            return hsm.verify(hsm.KeyName.TOKEN_SIGNING, b"m", hsm.sign(hsm.KeyName.TOKEN_SIGNING, b"m"))

        def spoilt_is_found() -> bool:
            try:
                hsm.seed_hmac_sha1(spoilt, [bytes(8)])
            except hsm.SealBroken:
                return True
            return False

        return {
            "sealed": (lambda: hsm.open_sealed(sealed, purpose="p", bound_to=ROW), "Åse"),
            "index": (lambda: hsm.blind_index("a", purpose="p"), hsm.blind_index("a", purpose="p")),
            "right secret": (lambda: hsm.verifier_matches("1", stored, purpose="p", bound_to=ROW), True),
            "wrong secret": (lambda: hsm.verifier_matches("2", stored, purpose="p", bound_to=ROW), False),
            "pepper": (lambda: hsm.pepper("a"), hsm.pepper("a")),
            "signature": (signed, True),
            "seed": (
                lambda: hsm.seed_hmac_sha1(wrapped, [bytes(8)]),
                [bytes.fromhex("cc93cf18508d94934c64b65d8ba7667fb7cde4b0")],
            ),
            "new seed": (lambda: len(hsm.new_seed()), 34),
            "spoilt seed": (spoilt_is_found, True),
            "decrypt": (lambda: decrypted("data-wrap.1", under, context=b"c"), b"plain"),
            "encrypt": (lambda: len(operations.encrypt("data-wrap.1", b"plain", context=b"c")), 33),
            "probe": (hsm.probe, None),
        }

    def run(self, until: Callable[[], bool], seed: int) -> None:
        chosen = random.Random(seed)
        names = list(self.acts)
        while not until():
            self.one(chosen.choice(names))

    def one(self, name: str) -> None:
        act, expected = self.acts[name]
        began = time.monotonic()
        try:
            found = act()
        except hsm.HsmUnavailable:
            outcome = "refused"
            time.sleep(0.002)  # as a citizen would, and more
        except pkcs11.PKCS11Error as error:
            outcome = f"our own mistake, {type(error).__name__}"
            if FAULTS[type(error)] is not Meaning.CALLER:
                self.wrong.append(f"{name}: {error!r}")
        else:
            outcome = "right"
            if found != expected:
                self.wrong.append(f"{name}: {found!r}")
        took = time.monotonic() - began
        self.outcomes[outcome.partition(",")[0]] += 1
        if took > settings.HSM_CALL_SECONDS + MARGIN_SECONDS and not self._is_told(began):
            lost = self._lateness.since(began)
            if took > settings.HSM_CALL_SECONDS + MARGIN_SECONDS + 2 * lost:
                self.wrong.append(f"{name} took {took:.2f} s, {outcome}, of which the machine lost {lost:.2f}")

    def _is_told(self, began: float) -> bool:
        thread = threading.get_ident()
        return any(call.thread_id == thread and call.began >= began - 0.001 for call in self.hung)


def move_token(plan: RandomFaults, tokens: Path) -> None:
    """Take the token away and bring it back, again and again."""
    away = tokens.with_name("away")
    while not plan.is_done:
        time.sleep(1.5)
        tokens.rename(away)
        time.sleep(0.15)
        away.rename(tokens)
        plan.seen["token gone"] += 1


def works_again(load: Load, seconds: float) -> None:
    """Wait until every operation gives its answer."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            assert all(act() == expected for act, expected in load.acts.values())
        except hsm.HsmUnavailable:
            assert time.monotonic() < deadline, "does not recover"
            time.sleep(0.05)
        else:
            return


def inspect(standin: Standin, load: Load, plan: RandomFaults) -> None:
    """Hold everything against what may not be."""
    assert not load.wrong, load.wrong[:10]
    assert plan.is_done, plan.seen
    works_again(load, 40)
    assert not standin.session_objects, standin.session_objects
    most = settings.HSM_SESSIONS + 1
    assert standin.most_sessions <= most, standin.most_sessions
    connection.close()
    works_again(load, 10)
    assert len(standin.sessions) == most, standin.sessions
    assert min(load.outcomes["right"], load.outcomes["refused"]) > 100, load.outcomes
    assert min(plan.seen[kind] for kind in ("answer", "then answer", "lost", "slow", "hang", "token gone")) > 2, (
        plan.seen
    )


def main(*, seed: int, faults: int, seconds: float) -> None:
    """Befall the load, then inspect."""
    standin = install(settings.PKCS11_MODULE)
    assert standin.real.keys() >= WRAPPED
    load = Load()
    plan = RandomFaults(seed, faults)
    standin.plan = plan
    deadline = time.monotonic() + seconds

    def is_over() -> bool:
        return plan.is_done or time.monotonic() > deadline

    def work(number: int) -> None:
        load.run(is_over, seed + number)
        database.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(THREADS)]
    threads.append(threading.Thread(target=move_token, args=[plan, Path(os.environ["TOKENS"])], daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 10)
        assert not thread.is_alive(), "hangs for good"
    inspect(standin, load, plan)
    print(dict(plan.seen), dict(load.outcomes), f"hung {len(load.hung)}", f"calls {standin.calls}")
