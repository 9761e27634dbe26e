"""From which number or name a text message goes out."""

from collections.abc import Mapping


def sender_for(number: str, *, senders: Mapping[str, str], otherwise: str) -> str:
    """Give the sender for a number: the one whose beginning of a number fits best, or else ``otherwise``.

    Some countries take no sender that is a name, some no foreign number, and some none that was not registered.

    Units: ``number`` as E.164; the keys of ``senders`` are beginnings of such numbers, as ``+45``.
    """
    fitting = [beginning for beginning in senders if beginning and number.startswith(beginning)]
    return senders[max(fitting, key=len)] if fitting else otherwise
