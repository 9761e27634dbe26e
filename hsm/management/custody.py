"""The custodians at the console: they read the order, then each opens their own key and signs it."""

from argparse import ArgumentTypeError
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from hsm.custodians import KeyFileUnusable, open_key_file, public_file_of, read_public_file, signed
from hsm.orders import Named, Order, SignedOrder


@dataclass(frozen=True)
class Labelled:
    """A custodian's label and a file of theirs."""

    label: str
    path: Path


def labelled(text: str) -> Labelled:
    """Read ``k1:/media/a/key.pem``.

    Raises: ArgumentTypeError.
    """
    label, colon, path = text.partition(":")
    if not (label and colon and path):
        raise ArgumentTypeError(f"{text!r} is not LABEL:FILE")
    return Labelled(label, Path(path))


def add_options(parser: CommandParser) -> None:
    """Let a subcommand be signed by two custodians."""
    parser.add_argument(
        "--custodian",
        dest="custodians",
        action="append",
        default=[],
        type=labelled,
        metavar="LABEL:FILE",
        help="a custodian and the file of their key; give two",
    )
    parser.add_argument(
        "--passphrases-from-stdin", action="store_true", help="one line for each custodian, in the order given"
    )
    parser.add_argument("--protocol", type=Path, metavar="FILE", help="write the protocol to this new file too")


def two_of(options: dict[str, Any]) -> tuple[Labelled, Labelled]:
    """Give the two custodians named on the command line.

    Raises: CommandError.
    """
    custodians = options["custodians"]
    if len(custodians) != 2:
        raise CommandError("Two custodians sign: --custodian k1:FILE --custodian k2:FILE")
    first, second = custodians
    if first.label == second.label:
        raise CommandError("Two different custodians sign; these are one.")
    return first, second


def enrolled_by(custodian: Labelled) -> Named:
    """Give a custodian with the public half that lies beside their key.

    Raises: CommandError.
    """
    return named(Labelled(custodian.label, public_file_of(custodian.path)))


def named(custodian: Labelled) -> Named:
    """Give a custodian with the public half in a file.

    Raises: CommandError.
    """
    try:
        return Named(custodian.label, read_public_file(custodian.path))
    except KeyFileUnusable as error:
        raise CommandError(str(error)) from error


def signed_by_two(order: Order, options: dict[str, Any], *, stdin: TextIO, stdout: OutputWrapper) -> SignedOrder:
    """Show the order and have both custodians sign it.

    Raises: CommandError when a key does not open.
    """
    first, second = two_of(options)
    stdout.write(f"The order that both sign:\n\n{order.text}")
    signatures = []
    for custodian in (first, second):
        if options["passphrases_from_stdin"]:
            passphrase = stdin.readline().rstrip("\n")
        else:
            passphrase = getpass(f"Passphrase of {custodian.label}: ")
        try:
            signatures.append(signed(order, custodian.label, open_key_file(custodian.path, passphrase)))
        except KeyFileUnusable as error:
            raise CommandError(str(error)) from error
    return SignedOrder(order, *signatures)
