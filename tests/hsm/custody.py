"""Custodians with their keys, and ceremonies held with them, for tests."""

import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from io import StringIO
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from hsm.custodians import make_key_file, open_key_file, public_file_of, signed
from hsm.models import Custodian
from hsm.orders import Order, SignedOrder
from hsm.queries import versions_of
from hsm.states import Act, CustodianState, KeyKind
from hsm.steps.ceremonies import Held, Refused
from hsm.token import keys
from hsm.usecases.ceremonies import create_key, destroy_key, retire_key, rotate_key
from hsm.usecases.order import order_for_key
from hsm.vouching import vouch

ACTS = {Act.CREATE: create_key, Act.ROTATE: rotate_key, Act.RETIRE: retire_key, Act.DESTROY: destroy_key}


@dataclass(frozen=True)
class Person:
    """A custodian and the file of their key."""

    label: str
    path: Path
    passphrase: str
    public_key: bytes

    @classmethod
    def new(cls, folder: Path, label: str) -> "Person":
        """Make a key."""
        path, passphrase = folder / f"{label}.pem", f"correct horse {label}"
        return cls(label, path, passphrase, make_key_file(path, passphrase))

    @property
    def option(self) -> str:
        """As the command takes it."""
        return f"--custodian={self.label}:{self.path}"

    @property
    def public_option(self) -> str:
        """The label and the public file."""
        return f"{self.label}:{public_file_of(self.path)}"

    def enrolled(self, at: datetime) -> Custodian:
        """Have the row, without a ceremony."""
        row = Custodian(label=self.label, public_key=self.public_key, state=CustodianState.ACTIVE, enrolled_at=at)
        vouch(row)
        row.save(force_insert=True)
        return row

    def sign(self, order: Order):
        """Sign an order."""
        return signed(order, self.label, _opened(self.path, self.passphrase))


@cache
def _opened(path: Path, passphrase: str):
    """Open a key file once: it takes long on purpose."""
    return open_key_file(path, passphrase)


def two_people(folder: Path) -> tuple[Person, Person]:
    """Make two custodians."""
    return Person.new(folder, "k1"), Person.new(folder, "k2")


def sign_both(order: Order, people: tuple[Person, Person]) -> SignedOrder:
    """Have both sign."""
    first, second = people
    return SignedOrder(order, first.sign(order), second.sign(order))


def hold(
    people: tuple[Person, Person],
    act: Act,
    name: str,
    version: int | None = None,
    *,
    now: datetime,
    algorithm: str | None = None,
) -> Held | Refused:
    """Hold a ceremony on a key."""
    order = order_for_key(act=act, name=name, version=version, algorithm=algorithm, now=now)
    return order if isinstance(order, Refused) else ACTS[act](signed=sign_both(order, people), now=now)


def after_everyone_knows(now: datetime) -> datetime:
    """Give an instant at which every process knows of what happened at another."""
    return now + timedelta(seconds=2 * settings.KEYRING_SECONDS + 1)


def rotated(people: tuple[Person, Person], name: str, *, now: datetime, algorithm: str | None = None) -> datetime:
    """Publish a next version and switch to it; give the instant of the switch."""
    made = hold(people, Act.CREATE, name, now=now, algorithm=algorithm)
    assert isinstance(made, Held), made
    then = after_everyone_knows(now)
    switched = hold(people, Act.ROTATE, name, now=then)
    assert isinstance(switched, Held), switched
    return then


def tidy_token() -> None:
    """Have the first versions only in the tests' token, whatever a test left there."""
    for label in keys.labels():
        if not label.endswith(".1"):
            for kind in KeyKind:
                keys.erase(label, kind)


def states_of(name: str) -> list[tuple[int, str]]:
    """Give the versions of a key and their states."""
    return list(versions_of(name).order_by("version").values_list("version", "state"))


def command(monkeypatch, *words: str, lines: tuple[str, ...] = ()) -> str:
    """Run ``manage.py hsm`` with lines typed, and give what it printed."""
    monkeypatch.setattr(sys, "stdin", StringIO("".join(f"{line}\n" for line in lines)))
    printed = StringIO()
    call_command("hsm", *words, stdout=printed)
    return printed.getvalue()
