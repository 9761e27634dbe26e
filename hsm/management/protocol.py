"""The protocol of a ceremony: what is printed, signed on paper and kept."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Final

from hsm.check_values import check_value
from hsm.keyring import UnknownVersion
from hsm.management.words import STOPS_WITHOUT
from hsm.models import Ceremony, Custodian
from hsm.orders import Named, Order, fingerprint
from hsm.queries import versions_of
from hsm.rules import key_label
from hsm.signing import public_key
from hsm.states import DATA_KEY, SIGNING, Act, KeyName, KeyState
from hsm.steps.ceremonies import Held, known_after
from hsm.token import keys

ERASED: Final = "check value: none, the key is destroyed"


def protocol_of(held: Held) -> str:
    """Write down a ceremony that took place.

    Raises: HsmUnavailable when a key that was made cannot be reached.
    """
    ceremony, order = held.ceremony, held.order
    lines = [
        "PROTOCOL OF A KEY CEREMONY",
        "",
        f"ceremony:    {ceremony.id}",
        f"what:        {ceremony.act}",
        f"when:        {ceremony.at.astimezone(UTC).isoformat(timespec='seconds')}",
        f"token:       {order.token}",
        *_about(held),
        "",
        *_custodian("first", ceremony.first, bytes(ceremony.first_signature)),
        *_custodian("second", ceremony.second, bytes(ceremony.second_signature)),
        "",
        "The order, which both signed (Ed25519, UTF-8, each line ended by a line feed):",
        "",
        *ceremony.order.splitlines(),
        "",
        "Next:",
        *next_steps(held),
        "",
    ]
    return "\n".join(lines)


def order_of(ceremony: Ceremony) -> Order:
    """Give a ceremony's order back out of its text, as far as the protocol tells of it."""
    lines = [line.partition(": ") for line in ceremony.order.splitlines()[1:]]
    told = {name: value for name, _, value in lines}
    labels = [value.partition(" ")[0] for name, _, value in lines if name == "custodian"]
    enrolled = Custodian.objects.in_bulk(labels, field_name="label")
    return Order(
        act=Act(ceremony.act),
        at=datetime.fromisoformat(told["time"]),
        nonce=told["nonce"],
        token=told["token"],
        key=ceremony.key,
        version=ceremony.version,
        algorithm=told.get("algorithm"),
        custodians=tuple(Named(label, bytes(enrolled[label].public_key)) for label in labels),
    )


def next_steps(held: Held) -> list[str]:
    """Say what follows."""
    order = held.order
    name, seconds = order.key, round(known_after().total_seconds())
    match order.act:
        case Act.FOUND:
            return ["  Back the token up together with the database, and keep this protocol."]
        case Act.CREATE:
            return [f"  Wait more than {seconds} seconds, back the token up, then: manage.py hsm rotate {name}"]
        case Act.ROTATE:
            return [
                "  manage.py hsm rewrap",
                f"  and, once nothing needs the older version: manage.py hsm destroy {name} VERSION",
            ]
        case Act.RETIRE:
            stops = STOPS_WITHOUT[DATA_KEY if name == DATA_KEY else KeyName(str(name))]
            return [f"  From now on {stops}.", f"  manage.py hsm create {name}"]
        case Act.DESTROY:
            return [
                f"  The token is emptied of it {seconds} seconds from the ceremony on, by the same command.",
                "  Copies in backups of the token open what backups of the database hold: destroy them in their turn.",
            ]
        case Act.ENROL_CUSTODIAN | Act.DISMISS_CUSTODIAN:
            return ["  manage.py hsm keys shows who may sign."]


def _about(held: Held) -> list[str]:
    order = held.order
    if order.act is Act.FOUND:
        names = [*(name.value for name in KeyName), DATA_KEY]
        return ["", *(line for name in names for line in _key(name, 1))]  # later versions have ceremonies of their own
    if order.key is None or order.version is None:
        return [f"custodian:   {named.label} {fingerprint(named.public_key)}" for named in order.custodians]
    return _key(order.key, order.version)


def _key(name: str, version: int) -> list[str]:
    lines = [f"key:         {name}", f"version:     {version}"]
    row = versions_of(name).get(version=version)
    lines += [f"algorithm:   {getattr(row, 'algorithm', 'AES-256-GCM')}", f"state:       {row.state}"]
    if name in SIGNING:
        lines.append(f"public key:  {b64encode(public_key(KeyName(name), version=version).der).decode()}")
        return [*lines, f"fingerprint: {check_value(name, version)}"]
    if name != DATA_KEY and row.state == KeyState.DESTROYED and key_label(name, version) not in keys.labels():
        return [*lines, ERASED]
    try:
        return [*lines, f"check value: {check_value(name, version)}"]
    except UnknownVersion:
        return [*lines, ERASED]


def _custodian(place: str, custodian: Custodian, signature: bytes) -> list[str]:
    return [
        f"{place} custodian: {custodian.label} {fingerprint(bytes(custodian.public_key))}",
        f"    signature: {b64encode(signature).decode()}",
    ]
