"""How guessable a text is, as shown while typing (UID-5, SEC-2)."""

from zxcvbn import zxcvbn

from identities.states import Guessability

LONGEST_RATED = 72  # zxcvbn's time grows with the square of the length; what follows can only add strength


def guessability_of(text: str, *, known: tuple[str, ...] = ()) -> Guessability:
    """Rate ``text`` for a guesser who knows ``known`` (user ID, name).

    Rule: UID-5, SEC-2: shown, never the reason for a refusal.
    """
    if not text:
        return Guessability.AT_ONCE
    rating = zxcvbn(text[:LONGEST_RATED], user_inputs=[word for word in known if word])
    return Guessability(rating["score"])
