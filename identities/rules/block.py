"""What a block's reason adds to those that stand (BLK-3)."""

from collections.abc import Collection

from identities.states import SUSPICIOUS, BlockReason


def says_more(reason: BlockReason, *, standing: Collection[BlockReason]) -> bool:
    """Tell whether a party's reason is to be kept beside those of its blocks that stand.

    Rule: BLK-3, REG-10: the first one is, and the first that speaks of somebody else's hand.
    """
    return not standing or (reason in SUSPICIOUS and not any(one in SUSPICIOUS for one in standing))
