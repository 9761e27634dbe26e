"""What a mail server says when it sends an e-mail back."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from enum import IntEnum
from typing import Final

LONGEST_BOUNCE: Final = 1_000_000  # bytes; ours are small, and few servers send back more than what they were sent
_ADDRESSED_BY: Final = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to")
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_MOST_PARTS: Final = 100


class Fate(IntEnum):
    """What became of an e-mail at its recipient, the best first: of several recipients the best counts."""

    ARRIVED = 1
    ON_ITS_WAY = 2  # delayed, or handed to a system that sends no reports
    FAILED_FOR_NOW = 3  # given up by that server, for a reason that may pass
    FAILED_FOR_GOOD = 4


@dataclass(frozen=True)
class Bounce:
    """A delivery status notification; ``addressed_to`` holds every address that it came to, as far as it says."""

    fate: Fate
    status: str  # of RFC 3463, such as 5.1.1
    addressed_to: str = field(repr=False)


def parse_bounce(raw: bytes) -> Bounce | None:
    """Read a delivery status notification; ``None`` when ``raw`` is anything else.

    Rule:  RFC 3464 section 2.3: each recipient has an action and a status. A status that is of another class than
           the action speaks of the reason: ``failed`` with 4.x.x means that the server tried in vain for too long.
    """
    if len(raw) > LONGEST_BOUNCE:
        return None
    try:
        message = message_from_bytes(raw, policy=compat32)  # the policy that takes any header as it comes
        fates = [found for fields in _recipients_in(message) if (found := _fate(fields)) is not None]
    except RecursionError:  # parts within parts within parts: nobody's mail server writes that
        return None
    if not fates:
        return None
    fate, status = min(fates)
    addressed_to = " ".join(str(value) for name in _ADDRESSED_BY for value in message.get_all(name, []))
    return Bounce(fate=fate, status=status, addressed_to=addressed_to)


def _recipients_in(message: "Message[str, str]") -> Iterator["Message[str, str]"]:
    """Give the fields of each recipient: the groups after the first of the part that machines read."""
    for number, part in enumerate(message.walk()):
        if number > _MOST_PARTS:
            return
        if part.get_content_type() in {"message/delivery-status", "message/global-delivery-status"}:
            groups = part.get_payload()
            if isinstance(groups, list):
                yield from (group for group in groups if isinstance(group, Message) and "action" in group)
            return


def _fate(fields: "Message[str, str]") -> tuple[Fate, str] | None:
    action = str(fields.get("action", "")).partition(";")[0].strip().lower()
    found = _STATUS.search(str(fields.get("status", "")))
    status = found[0] if found else ""
    match action:
        case "failed":
            return (Fate.FAILED_FOR_NOW if status.startswith("4") else Fate.FAILED_FOR_GOOD), status
        case "delayed" | "relayed":
            return Fate.ON_ITS_WAY, status
        case "delivered" | "expanded":
            return Fate.ARRIVED, status
        case _:
            return None
