"""What a provider's report means for a delivery."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from notifications.states import OPEN_STATES, DeliveryState, ReportStatus

RECEIPT_FIRST_ASKED_AFTER: Final = timedelta(minutes=15)
RECEIPT_ASKED_EVERY: Final = timedelta(hours=1)
RECEIPT_PATIENCE: Final = timedelta(hours=12)  # longer than a provider keeps trying to reach a handset
RECEIPT_PATIENCE_WITHOUT_ANSWER: Final = timedelta(hours=48)  # the outage that swallowed the reports may be a long one
UNKNOWN_SOON: Final = timedelta(hours=1)  # later a provider may have dropped what it had


class Move(StrEnum):
    """What a report does to a delivery."""

    NOTHING = "NOTHING"
    COUNT = "COUNT"  # price and parts are noted
    SEND = "SEND"  # it settles the yes that was not written down yet
    DELIVER = "DELIVER"
    TRY_AGAIN = "TRY_AGAIN"
    GIVE_UP = "GIVE_UP"


def move_by(*, status: ReportStatus, state: DeliveryState, is_its_last: bool, may_be_out: bool) -> Move:
    """Tell what a report changes.

    A report that a message arrived is true whichever attempt it speaks of. One that it failed counts only while it
    speaks of the attempt that the delivery rests on: ``is_its_last`` when it names the provider's reference that the
    row has. An open row that has another reference, or none, may have an attempt out whose yes is not written down:
    ``may_be_out`` when the report may be of it, for its provider is the one asked last and it is of no older attempt.
    What was given up and arrived all the same has arrived.

    Rule: ALR-4: reports come twice, late and out of order.
    """
    if status is ReportStatus.DELIVERED:
        can_arrive = state in OPEN_STATES or state in {DeliveryState.SENT, DeliveryState.GIVEN_UP}
        return Move.DELIVER if can_arrive else Move.COUNT if is_its_last else Move.NOTHING
    if state is DeliveryState.SENT and is_its_last:
        return _FOR_THE_LAST[status]
    if state in OPEN_STATES and not is_its_last and may_be_out:
        return _BEFORE_THE_YES[status]
    return Move.COUNT if is_its_last else Move.NOTHING


_FOR_THE_LAST: Final = {
    ReportStatus.ON_ITS_WAY: Move.COUNT,
    ReportStatus.FAILED_FOR_NOW: Move.TRY_AGAIN,
    ReportStatus.FAILED_FOR_GOOD: Move.GIVE_UP,
}
_BEFORE_THE_YES: Final = _FOR_THE_LAST | {ReportStatus.ON_ITS_WAY: Move.SEND}
