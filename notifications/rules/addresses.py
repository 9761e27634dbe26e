"""Phone numbers and e-mail addresses in the one form in which they are stored and compared."""

import re
from typing import Final

import idna
import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from phonenumbers import PhoneNumberType

LONGEST_PHONE: Final = 32  # characters as typed
LONGEST_EMAIL: Final = 254  # RFC 5321 section 4.5.3.1.3
LONGEST_LOCAL_PART: Final = 64  # RFC 5321 section 4.5.3.1.1
HOME_REGION: Final = "DK"
_PHONE: Final = re.compile(r"\+?[0-9 ().\-/]+")
_LOCAL_PART: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+")
_TAKES_TEXT: Final = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.PERSONAL_NUMBER}
)
_is_email = EmailValidator(allowlist=[])


def normal_phone(text: str) -> str | None:
    """Give the number as E.164; ``None`` when ``text`` is not a number that can receive a text message.

    Only ASCII digits and the usual separators are read: a digit of another script, a null byte or a mark that
    changes the direction of writing means that somebody is playing, not mistyping.
    """
    text = text.strip(" ")
    if len(text) > LONGEST_PHONE or not _PHONE.fullmatch(text):
        return None
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    if phonenumbers.number_type(number) not in _TAKES_TEXT:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normal_email(text: str) -> str | None:
    """Give the address with its domain in lower case and ASCII; ``None`` when ``text`` is no address.

    The part before the @ stays as typed, because only its own server knows whether case counts there; it is
    ASCII, because not every server on the way takes more.

    Rule:  RFC 5321 section 4.5.3.1 for lengths; RFC 5891 (IDNA 2008, strict) for the domain.
    """
    text = text.strip(" ")
    local, separator, domain = text.rpartition("@")
    if not separator or len(text) > LONGEST_EMAIL or len(local) > LONGEST_LOCAL_PART:
        return None
    if not _LOCAL_PART.fullmatch(local):
        return None
    try:
        host = idna.encode(domain.lower(), strict=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return None
    address = f"{local}@{host}"
    try:
        _is_email(address)
    except ValidationError:
        return None
    return address if len(address) <= LONGEST_EMAIL else None
