"""The brand is a setting: under another one, no page speaks of MitID."""

import os
import re
import subprocess
import sys

from django.conf import settings

PROGRAM = """
import django
django.setup()
from django.template.loader import render_to_string
from django.utils import translation
from mitid_portal import context
from authentication.texts import START_OVER
for language in ("da", "en"):
    with translation.override(language):
        print(render_to_string("selfservice/home.html", context.site(None)))
        print(*START_OVER.values())
"""


def said_under(brand: str) -> str:
    """Render pages and texts in a process that runs under a brand."""
    environment = os.environ | {"BRAND_NAME": brand, "DJANGO_SETTINGS_MODULE": "mitid_portal.settings"}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    return run.stdout


def test_another_brand_stands_everywhere_and_the_default_one_nowhere():
    said = said_under("LandsID")
    assert "LandsID" in said
    assert "MitID" not in said


def test_the_default_brand_is_spoken_of_in_danish():
    assert "Dit MitID" in said_under("MitID")


def test_no_english_text_names_the_brand_but_by_placeholder():
    catalogue = (settings.BASE_DIR / "locale" / "da" / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    msgids = re.findall(r'^msgid ((?:".*"\n)+)', catalogue, re.MULTILINE)
    assert len(msgids) > 500
    assert [msgid for msgid in msgids if "MitID" in msgid] == []
