"""``manage.py hsm``: the keys, and the ceremonies that two custodians sign."""

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from getpass import getpass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError
from psycopg_pool import PoolTimeout
from tqdm import tqdm

from hsm.api import HsmUnavailable
from hsm.custodians import KeyFileUnusable, make_key_file, public_file_of
from hsm.management import custody, rewrapping
from hsm.management.listing import listed
from hsm.management.protocol import order_of, protocol_of
from hsm.management.words import REFUSALS, STOPS_WITHOUT
from hsm.models import Ceremony
from hsm.orders import Order, SignedOrder, fingerprint
from hsm.queries import versions_of
from hsm.states import DATA_KEY, Act, KeyName, KeyState
from hsm.steps.ceremonies import Held, Refused, known_after
from hsm.usecases.ceremonies import create_key, destroy_key, erase_key, retire_key, rotate_key
from hsm.usecases.custodians import dismiss_custodian, enrol_custodian, found_keys
from hsm.usecases.order import order_for_custodians, order_for_key, order_to_dismiss
from hsm.usecases.verify import verify_custody
from mitid_portal import clock

NAMES: Final = [*(name.value for name in KeyName), DATA_KEY]
STEP: Final = timedelta(seconds=0.2)
AGAIN: Final = "Give the same command again; it asks for no signature."
LOOK: Final = "Whether the step was taken: manage.py hsm keys. A rewrap that is run again goes on where it was."

Carry = Callable[..., Held | Refused]


class Command(BaseCommand):
    """The keys and their ceremonies; a refusal ends with status 1 and says what to do."""

    help = "List the keys, and hold the ceremonies on them (docs/runbooks/key-ceremonies.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        """One subcommand an act."""
        acts = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
        acts.add_parser("keys", help="list versions, custodians, and what does not fit")
        acts.add_parser("verify", help="hold rows and ceremonies against the module, from the founding on")
        key_file = acts.add_parser("custodian-key", help="make a custodian's own key, on their own medium")
        key_file.add_argument("file", type=Path)
        key_file.add_argument("--passphrases-from-stdin", action="store_true", help="two lines, the same twice")
        protocol = acts.add_parser("protocol", help="print the protocol of a ceremony that took place")
        protocol.add_argument("ceremony", type=UUID)
        found = acts.add_parser("found", help="the first custodians and the first keys")
        found.add_argument(
            "--also", action="append", default=[], type=custody.labelled, metavar="LABEL:PUBLIC_FILE", help="a third …"
        )
        create = acts.add_parser("create", help="publish a next version")
        create.add_argument("--algorithm", help="another one than now, for a key that signs")
        rotate = acts.add_parser("rotate", help="make the next version the active one")
        retire = acts.add_parser("retire", help="emergency: an active version without successor protects no more")
        destroy = acts.add_parser("destroy", help="destroy a version that nothing needs any more")
        destroy.add_argument("--no-wait", action="store_true", help="leave emptying the token to a second call")
        rewrapping.add_arguments(acts.add_parser("rewrap", help=rewrapping.HELP))
        for of_key in (create, rotate, retire, destroy):
            of_key.add_argument("name", choices=NAMES)
        for of_version in (retire, destroy):
            of_version.add_argument("version", type=int)
        enrol = acts.add_parser("enrol-custodian", help="one more custodian")
        enrol.add_argument("enrolled", type=custody.labelled, metavar="LABEL:PUBLIC_FILE")
        dismiss = acts.add_parser("dismiss-custodian", help="a custodian leaves")
        dismiss.add_argument("label")
        for ceremony in (found, create, rotate, retire, destroy, enrol, dismiss):
            custody.add_options(ceremony)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the subcommand, or say why not."""
        act = {
            "keys": self._keys,
            "verify": self._verify,
            "custodian-key": self._custodian_key,
            "protocol": self._protocol,
            "found": self._found,
            "create": self._create,
            "rotate": self._rotate,
            "retire": self._retire,
            "destroy": self._destroy,
            "enrol-custodian": self._enrol,
            "dismiss-custodian": self._dismiss,
            "rewrap": self._rewrap,
        }[options["what"]]
        try:
            act(options)
        except HsmUnavailable as error:
            raise CommandError(f"{error} Nothing was done.") from error  # what was done is told apart where it is done
        except (DatabaseError, InterfaceError, PoolTimeout) as error:
            raise CommandError(f"The database did not do it: {_first_line(error)}. {LOOK}") from error

    def _keys(self, _options: dict[str, Any]) -> None:
        for line in listed():
            self.stdout.write(line)

    def _verify(self, _options: dict[str, Any]) -> None:
        custody = verify_custody()
        for finding in custody.findings:
            self.stdout.write(finding)
        if custody.findings:
            raise CommandError(f"{len(custody.findings)} findings: somebody changed what ceremonies alone may change.")
        self.stdout.write(f"{custody.ceremonies} ceremonies and {custody.rows} rows are as they were made.")

    def _custodian_key(self, options: dict[str, Any]) -> None:
        ask = _next_line if options["passphrases_from_stdin"] else getpass
        passphrase = ask("New passphrase, at least 12 characters: ")
        if ask("The same again: ") != passphrase:
            raise CommandError("The two differ. Nothing was written.")
        try:
            public_key = make_key_file(options["file"], passphrase)
        except (KeyFileUnusable, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Public key: {public_file_of(options['file'])}")
        self.stdout.write(f"Fingerprint: {fingerprint(public_key)}")

    def _found(self, options: dict[str, Any]) -> None:
        named = [custody.enrolled_by(custodian) for custodian in custody.two_of(options)]
        named += [custody.named(custodian) for custodian in options["also"]]
        order = order_for_custodians(act=Act.FOUND, custodians=tuple(named), now=clock.now())
        self._hold(order, found_keys, options)

    def _create(self, options: dict[str, Any]) -> None:
        self._hold(_key_order(Act.CREATE, options), create_key, options)

    def _rotate(self, options: dict[str, Any]) -> None:
        self._hold(_key_order(Act.ROTATE, options), rotate_key, options)

    def _retire(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"Until a new version is active {STOPS_WITHOUT[options['name']]}.")
        self._hold(_key_order(Act.RETIRE, options), retire_key, options)

    def _destroy(self, options: dict[str, Any]) -> None:
        row = versions_of(options["name"]).filter(version=options["version"]).first()
        if row is None or row.state != KeyState.DESTROYED:  # else its ceremony was held, and the token is to be emptied
            self._hold(_key_order(Act.DESTROY, options), destroy_key, options)
            row = versions_of(options["name"]).get(version=options["version"])
        if options["name"] != DATA_KEY and not options["no_wait"]:
            try:
                self._erase(options["name"], options["version"], destroyed_at=row.since)
            except HsmUnavailable as error:
                raise CommandError(f"The ceremony HELD, and the token is not emptied: {error} {AGAIN}") from error

    def _enrol(self, options: dict[str, Any]) -> None:
        named = (custody.named(options["enrolled"]),)
        order = order_for_custodians(act=Act.ENROL_CUSTODIAN, custodians=named, now=clock.now())
        self._hold(order, enrol_custodian, options)

    def _dismiss(self, options: dict[str, Any]) -> None:
        self._hold(order_to_dismiss(label=options["label"], now=clock.now()), dismiss_custodian, options)

    def _rewrap(self, options: dict[str, Any]) -> None:
        rewrapping.run(options, self.stdout)

    def _hold(self, order: Order | Refused, carry: Carry, options: dict[str, Any]) -> None:
        custody.two_of(options)
        if isinstance(order, Refused):
            raise CommandError(_words(order))
        if options["protocol"] is not None:
            _make_file(options["protocol"])
        try:
            held = self._carried(order, carry, options)
        except BaseException:
            if options["protocol"] is not None:
                options["protocol"].unlink(missing_ok=True)
            raise
        self._print(held, options["protocol"])

    def _carried(self, order: Order, carry: Carry, options: dict[str, Any]) -> Held:
        signed: SignedOrder = custody.signed_by_two(order, options, stdin=sys.stdin, stdout=self.stdout)
        outcome = carry(signed=signed, now=clock.now())
        if isinstance(outcome, Refused):
            raise CommandError(_words(outcome))
        return outcome

    def _print(self, held: Held, path: Path | None) -> None:
        """Print the protocol of what took place; what fails here undoes nothing, and must not look as if it did."""
        try:
            protocol = protocol_of(held)
            self.stdout.write(protocol)
            if path is not None:
                path.write_text(protocol, encoding="utf-8")
        except (HsmUnavailable, OSError) as error:
            again = f"manage.py hsm protocol {held.ceremony.id}"
            raise CommandError(
                f"The ceremony HELD; its protocol could not be printed: {error} Later: {again}"
            ) from error

    def _protocol(self, options: dict[str, Any]) -> None:
        ceremony = Ceremony.objects.select_related("first", "second", "about").filter(id=options["ceremony"]).first()
        if ceremony is None:
            raise CommandError("There is no such ceremony.")
        self.stdout.write(protocol_of(Held(ceremony, order_of(ceremony))))

    def _erase(self, name: str, version: int, *, destroyed_at: datetime) -> None:
        until = destroyed_at + known_after() + STEP
        left = max((until - clock.now()) / STEP, 0.0)
        for _step in tqdm(range(round(left)), desc="until every process knows", unit="step", disable=None):
            time.sleep(STEP.total_seconds())
        if not erase_key(name=name, version=version, now=clock.now()):
            raise CommandError("It is too early to empty the token. Give the same command again.")
        self.stdout.write(f"The token does not hold {name} {version}.")


def _key_order(act: Act, options: dict[str, Any]) -> Order | Refused:
    return order_for_key(
        act=act,
        name=options["name"],
        version=options.get("version"),
        algorithm=options.get("algorithm"),
        now=clock.now(),
    )


def _make_file(path: Path) -> None:
    """Have the protocol's file before anything is done: a folder that cannot be written is found too late else."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError as error:
        raise CommandError(f"{path} is there already. Nothing was done.") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}. Nothing was done.") from error


def _next_line(_prompt: str) -> str:
    return sys.stdin.readline().rstrip("\n")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]  # the lines below it may quote values


def _words(refused: Refused) -> str:
    return "\n  ".join([f"Refused: {REFUSALS[refused.reason]}", *refused.places])
