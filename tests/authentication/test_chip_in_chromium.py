"""The chip's page in Chromium, with the virtual authenticator that Chromium has for tests."""

import base64

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mitid_portal import clock
from tests.authentication.test_chip import a_chip
from tests.browser.harness import chromium
from tests.factories.identities import a_resident

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
TOKEN = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "automaticPresenceSimulation": True,
}


def test_apr_7_the_browser_asks_the_chip_and_goes_on_to_the_password(live_server, settings, monkeypatch):
    """APR-7."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in this thread, the rows are ours
    settings.PUBLIC_ADDRESS = live_server.url
    resident = a_resident(now=clock.now())
    chip = a_chip(resident, clock.now())
    key = chip.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    credential = {
        "credentialId": base64.b64encode(chip.credential_id).decode(),
        "isResidentCredential": False,
        "rpId": "localhost",
        "privateKey": base64.b64encode(key).decode(),
        "signCount": 9,
    }
    with chromium() as browser:
        page = browser.new_context(locale="en-GB").new_page()
        devtools = page.context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        token = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": TOKEN})["authenticatorId"]
        devtools.send("WebAuthn.addCredential", {"authenticatorId": token, "credential": credential})
        page.goto(f"{live_server.url}/log-in/")
        page.fill("input[name=user_id]", resident.user_id)
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(f"{live_server.url}/log-in/chip/")
        page.get_by_role("button", name="Use the chip").click()
        page.wait_for_url("**/log-in/password/")
