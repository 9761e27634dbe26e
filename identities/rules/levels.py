"""What an authenticator reaches at most, from how it came into its citizen's hands (LVL-2)."""

from identities.states import AssuranceLevel, CodeCarrier


def level_of_what_is_given(
    identity_level: AssuranceLevel, *, proven_level: AssuranceLevel | None, carrier: CodeCarrier
) -> AssuranceLevel:
    """Give the most that an authenticator reaches which is enrolled with a code that is given so.

    ``proven_level`` is what the documents of a citizen who is there have proven; None for one who is not there.

    Rule: LVL-2, REG-5: never more than the identity, nor than was proven at the hand-out. Only what a person who is
          there takes home on paper reaches HIGH.
    """
    if proven_level is None:
        return min(identity_level, AssuranceLevel.SUBSTANTIAL)
    level = min(identity_level, proven_level)
    return level if carrier is CodeCarrier.PAPER else min(level, AssuranceLevel.SUBSTANTIAL)
