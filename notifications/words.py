"""The words that messages put in place of codes, in both languages."""

from collections.abc import Mapping
from typing import Final

from notifications.states import Language

MONTHS: Final[Mapping[Language, tuple[str, ...]]] = {
    Language.DA: (
        "januar", "februar", "marts", "april", "maj", "juni",
        "juli", "august", "september", "oktober", "november", "december",
    ),
    Language.EN: (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip

_WORDS: Final[Mapping[Language, Mapping[str, Mapping[str, str]]]] = {
    Language.DA: {
        "field": {
            "phone": "dit telefonnummer",
            "email": "din e-mailadresse",
            "user_id": "dit bruger-ID",
            "password": "din adgangskode",
            "authenticator": "dine enheder",
            "reopening": "en spærret enhed",
            "app_copy": "din app",
        },
        "authenticator": {
            "app": "app",
            "code_display": "kodeviser",
            "audio_code_reader": "kodeoplæser",
            "chip": "chip",
            "password": "adgangskode",
        },
        "by": {
            "citizen": "af dig selv",
            "support": "af supporten",
            "ra": "af Borgerservice eller din bank",
            "alert": "efter et svar på en besked",
            "block": "på grund af en spærring",
            "register": "efter en oplysning i CPR",
            "fraud": "på grund af mistanke om misbrug",
        },
        "act": {
            "looked_up": "set dine oplysninger",
            "told_user_id": "oplyst dit bruger-ID",
            "refused_reopening": "afvist at genåbne dit {brand}",
            "first_approval": "godkendt at genåbne dit {brand} (1 af 2)",
            "gave_up_reopening": "opgivet at genåbne dit {brand}",
            "proved_identity": "bekræftet, hvem du er",
            "refused_authenticator": "afvist en udlevering",
            "gave_up_authenticator": "opgivet en udlevering",
            "sent_temporary_pin": "sendt en midlertidig PIN-kode",
            "resynced_device": "stillet uret i din enhed",
            "replaced_phone": "skiftet dit telefonnummer",
            "replaced_email": "skiftet din e-mailadresse",
            "other": "behandlet dit {brand}",
        },
    },
    Language.EN: {
        "field": {
            "phone": "your phone number",
            "email": "your e-mail address",
            "user_id": "your user ID",
            "password": "your password",
            "authenticator": "your devices",
            "reopening": "a suspended device",
            "app_copy": "your app",
        },
        "authenticator": {
            "app": "app",
            "code_display": "code display",
            "audio_code_reader": "audio code reader",
            "chip": "chip",
            "password": "password",
        },
        "by": {
            "citizen": "by yourself",
            "support": "by support",
            "ra": "by Citizen Service or your bank",
            "alert": "after a reply to an alert",
            "block": "because of a block",
            "register": "after an entry in CPR",
            "fraud": "because of suspected misuse",
        },
        "act": {
            "looked_up": "viewed your details",
            "told_user_id": "told you your user ID",
            "refused_reopening": "refused to reopen your {brand}",
            "first_approval": "approved reopening your {brand} (1 of 2)",
            "gave_up_reopening": "gave up reopening your {brand}",
            "proved_identity": "confirmed who you are",
            "refused_authenticator": "refused to hand out a device",
            "gave_up_authenticator": "gave up handing out a device",
            "sent_temporary_pin": "sent a temporary PIN",
            "resynced_device": "set your device's clock",
            "replaced_phone": "changed your phone number",
            "replaced_email": "changed your e-mail address",
            "other": "worked on your {brand}",
        },
    },
}
VOCABULARIES: Final = frozenset(_WORDS[Language.DA])


def codes(name: str) -> list[str]:
    """List the codes that have words in the field ``name``."""
    return sorted(_WORDS[Language.DA][name])


def of(language: Language, name: str, value: object, *, brand: str) -> str | None:
    """Give the words for the code ``value`` of the field ``name``; ``None`` when the field holds no code.

    An act of an officer that has no words of its own is still told (ALR-2), in general terms.
    """
    vocabulary = _WORDS[language].get(name)
    if vocabulary is None:
        return None
    code = str(value)
    text = vocabulary.get(code) or vocabulary["other"] if name == "act" else vocabulary[code]
    return text.replace("{brand}", brand)
