"""The brand name in Danish texts.

English texts speak of "your identity"; Danish ones of *dit MitID*, for that is the Danish word for it. Under another
brand the word is another: it is put into the catalogue once, when the process starts, rather than as a placeholder
into every sentence.
"""

from typing import Final

from django.conf import settings
from django.utils.translation import trans_real

WORD: Final = "MitID"


def put_brand_into_texts() -> None:
    """The Danish catalogue names the brand that the settings name."""
    if settings.BRAND_NAME == WORD:
        return
    # gettext gives no other way to a whole catalogue
    catalogue = trans_real.translation("da")._catalog  # type: ignore[attr-defined]  # noqa: SLF001
    for msgid, text in list(catalogue.items()):
        if isinstance(text, str) and WORD in text:
            catalogue[msgid] = text.replace(WORD, settings.BRAND_NAME)
