"""What a message may hold: codes, digits and instants, and nothing that could be a contact (ALR-6)."""

from datetime import datetime


def require(name: str, value: str, allowed: frozenset[str]) -> None:
    """Refuse a code that has no words."""
    if value not in allowed:
        raise ValueError("Not a known code.", name, sorted(allowed))


def require_digits(name: str, value: str, length: int) -> None:
    """Refuse what is not so many digits."""
    if not (len(value) == length and value.isascii() and value.isdigit()):
        raise ValueError("Not that many digits.", name, length)


def require_aware(**instants: datetime) -> None:
    """Refuse an instant without a time zone."""
    for name, instant in instants.items():
        if instant.tzinfo is None:
            raise ValueError("An instant without a time zone.", name)


def require_code(code: str) -> None:
    """Refuse what nobody could type as a code."""
    if not (4 <= len(code) <= 14 and code.isascii() and code.isalnum()):
        raise ValueError("code has 4 to 14 letters and digits.")


def require_minutes(minutes: int) -> None:
    """Refuse a time that no code lasts."""
    if not 1 <= minutes <= 120:
        raise ValueError("minutes is out of range.")
