"""The module goes away under the running portal: log-in and changes are refused and say so; then all works again."""

import time

import pytest

from mitid_portal.demo.walkthrough.acts import PORTAL, log_in
from mitid_portal.demo.walkthrough.demo_side import DemoSide
from mitid_portal.demo.walkthrough.visitor import Visitor
from mitid_portal.embedded.system import System
from tests.platform.recovery import once_it_is_back

SAYS_SO = "The part that checks codes and passwords"


@pytest.fixture
def demo(system: System):
    side = DemoSide(system.address)
    yield side
    side.close()


def test_key_2_log_in_and_self_service_fail_closed_and_come_back(system: System, demo: DemoSide) -> None:
    """KEY-1, and the half of KEY-2 that is kept: refuse, lose nothing, come back."""
    citizen, late = demo.one("citizen"), demo.one("citizen", number=1)
    tokens = system.folder / "softhsm" / "tokens"
    away = tokens.with_name("tokens-away")
    with Visitor("citizen", system.address) as inside, Visitor("late comer", system.address) as outside:
        log_in(
            inside,
            demo,
            door=PORTAL,
            user_id=citizen.user_id or "",
            serial=citizen.devices[0],
            password=citizen.password,
        )
        tokens.rename(away)
        try:
            outside.go(PORTAL)
            outside.send(user_id=late.user_id or "")
            begun = time.monotonic()
            outside.send(code=demo.fresh_code(late.devices[0]), status=503)
            assert time.monotonic() - begun < 5
            outside.expect(SAYS_SO)
            inside.go("/change/phone/")
            inside.send(contact="+4528445566", status=503)
            inside.expect(SAYS_SO)
            assert system.health()["hsm"] == "down"
        finally:
            away.rename(tokens)
        system.wait_until_well(30)  # a module that was away is left alone for a moment (docs/decisions/0072)
        once_it_is_back(lambda: inside.go("/profile/"))
        assert "waits" not in inside.page.text
        assert "+4528445566" not in str(demo._get("/demo/messages.json"))

        def ask() -> None:
            inside.go("/change/phone/")
            inside.send(contact="+4528445566")

        once_it_is_back(ask)
        assert demo.next_message("+4528445566").channel == "SMS"
        once_it_is_back(
            lambda: log_in(
                outside,
                demo,
                door=PORTAL,
                user_id=late.user_id or "",
                serial=late.devices[0],
                password=late.password,
            )
        )
        outside.expect("Your profile")
        system.wait_until_well(30)
