"""The ceremonies from the founding on, gone through again: what they made, and by whose hands."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hsm.models import Ceremony, Custodian
from hsm.orders import HEADING, fingerprint, is_signed_by
from hsm.rules import key_label
from hsm.states import DATA_KEY, Act, CustodianState, KeyName, KeyState


@dataclass
class Replay:
    """Where everything stands after some ceremonies, and what was wrong with them."""

    versions: dict[tuple[str, int], KeyState] = field(default_factory=dict)
    custodians: dict[str, tuple[str, CustodianState]] = field(default_factory=dict)
    """By label: the fingerprint that two signed for, and whether they may sign."""
    findings: list[str] = field(default_factory=list)


def replayed(ceremonies: Iterable[Ceremony]) -> Replay:
    """Go through ceremonies in their order; each counts with two signatures of who might sign by then.

    Without any, the keys are the first versions that a provisioning makes.

    Rule: KEY-1.
    """
    replay, is_founded = Replay(), False
    _have_first_versions(replay)
    for ceremony in ceremonies:
        told = _told_by(ceremony)
        if ceremony.act == Act.FOUND and not is_founded:
            replay.custodians = {label: (print_, CustodianState.ACTIVE) for label, print_ in told.custodians}
        elif not is_founded or ceremony.act == Act.FOUND:
            replay.findings.append(f"Ceremony {ceremony.id}: the founding is the first ceremony, and the only one.")
        is_founded = True
        objections = [*_objections(replay, ceremony, told)]
        replay.findings += [f"Ceremony {ceremony.id}: {objection}" for objection in objections]
        if not objections:
            replay.findings += [f"Ceremony {ceremony.id}: {said}" for said in _applied(replay, ceremony, told)]
    return replay


@dataclass(frozen=True)
class _Told:
    heading: str
    fields: dict[str, str]
    custodians: tuple[tuple[str, str], ...]


def _told_by(ceremony: Ceremony) -> _Told:
    heading, *lines = ceremony.order.splitlines() or [""]
    parts = [line.partition(": ") for line in lines]
    named = [value.partition(" ") for name, _, value in parts if name == "custodian"]
    fields = {name: value for name, _, value in parts if name != "custodian"}
    return _Told(heading, fields, tuple((label, print_) for label, _, print_ in named))


def _have_first_versions(replay: Replay) -> None:
    replay.versions = {(name, 1): KeyState.ACTIVE for name in [*(key.value for key in KeyName), DATA_KEY]}


def _objections(replay: Replay, ceremony: Ceremony, told: _Told) -> Iterator[str]:
    wanted = {
        "act": ceremony.act,
        "key": ceremony.key,
        "version": None if ceremony.version is None else str(ceremony.version),
    }
    if told.heading != HEADING or any(told.fields.get(name) != value for name, value in wanted.items()):
        yield "the order says something else than the row."
    if ceremony.first_id == ceremony.second_id:
        yield "one custodian signed twice."
    for custodian, signature in (
        (ceremony.first, ceremony.first_signature),
        (ceremony.second, ceremony.second_signature),
    ):
        public_key = bytes(custodian.public_key)
        if replay.custodians.get(custodian.label) != (fingerprint(public_key), CustodianState.ACTIVE):
            yield f"{custodian.label} might not sign, or not with this key."
        if not is_signed_by(ceremony.order, bytes(signature), public_key):
            yield f"the signature of {custodian.label} does not hold."


def _applied(replay: Replay, ceremony: Ceremony, told: _Told) -> Iterator[str]:
    match Act(ceremony.act):
        case Act.FOUND:
            return
        case Act.ENROL_CUSTODIAN:
            for label, print_ in told.custodians:
                if label in replay.custodians:
                    yield f"{label} was enrolled before."
                replay.custodians[label] = (print_, CustodianState.ACTIVE)
        case Act.DISMISS_CUSTODIAN:
            for label, print_ in told.custodians:
                if replay.custodians.get(label) != (print_, CustodianState.ACTIVE):
                    yield f"{label} was not enrolled."
                replay.custodians[label] = (print_, CustodianState.DISMISSED)
        case act:
            yield from _moved(replay, act, (ceremony.key or "", ceremony.version or 0))


_BEFORE = {
    Act.CREATE: (None,),
    Act.ROTATE: (KeyState.NEXT,),
    Act.RETIRE: (KeyState.ACTIVE,),
    Act.DESTROY: (KeyState.NEXT, KeyState.VERIFY_ONLY),
}
_AFTER = {
    Act.CREATE: KeyState.NEXT,
    Act.ROTATE: KeyState.ACTIVE,
    Act.RETIRE: KeyState.VERIFY_ONLY,
    Act.DESTROY: KeyState.DESTROYED,
}


def _moved(replay: Replay, act: Act, place: tuple[str, int]) -> Iterator[str]:
    if replay.versions.get(place) not in _BEFORE[act]:
        yield f"{key_label(*place)} was not where {act} finds it."
    if act is Act.ROTATE:
        for other, state in replay.versions.items():
            if other[0] == place[0] and state is KeyState.ACTIVE:
                replay.versions[other] = KeyState.VERIFY_ONLY
    replay.versions[place] = _AFTER[act]


def differences(replay: Replay, versions: dict[tuple[str, int], str], custodians: Iterable[Custodian]) -> Iterator[str]:
    """Tell where keys and custodians stand otherwise than their ceremonies left them."""
    for place in sorted({*replay.versions, *versions}):
        wanted, found = replay.versions.get(place), versions.get(place)
        if wanted != found:
            yield f"{key_label(*place)} is {found or 'not on record'}; by the ceremonies it is {wanted or 'not there'}."
    rows = {row.label: (fingerprint(bytes(row.public_key)), row.state) for row in custodians}
    for label in sorted({*replay.custodians, *rows}):
        if replay.custodians.get(label) != rows.get(label):
            yield f"custodian {label} is not who, or not where, the ceremonies left them."
