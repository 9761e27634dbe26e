"""The demo's code displays say what the same devices would say to the HSM."""

from datetime import UTC, datetime, timedelta

import pytest
from django_otp.oath import TOTP

from identities.api import AuthenticatorKind
from mitid_portal.demo.devices import display_of, kind_of, own_serial, reader_serial, seed_of, stock_serial


def test_seed_is_the_devices_own_and_the_same_everywhere() -> None:
    assert len(seed_of("KV-1000-0001")) == 20
    assert seed_of("KV-1000-0001") == seed_of("KV-1000-0001")
    assert len({seed_of(stock_serial(number)) for number in range(1, 41)}) == 40
    assert stock_serial(1) == "KV-1000-0001"
    assert own_serial(12) == "KV-0900-0012"
    assert kind_of(own_serial(12)) is AuthenticatorKind.CODE_DISPLAY
    assert reader_serial(12) == "LK-0900-0012"
    assert kind_of(reader_serial(12)) is AuthenticatorKind.AUDIO_READER


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(seconds=29), timedelta(hours=1)])
def test_code_is_the_one_of_its_instant(now: datetime, offset: timedelta) -> None:
    otp = TOTP(key=seed_of("KV-1000-0007"))
    otp.time = (now + offset).timestamp()
    display = display_of("KV-1000-0007", now=now + offset)
    assert display.code == f"{otp.token():06d}"
    assert len(display.code) == 6


def test_seconds_left_count_down_to_the_next_code() -> None:
    at = datetime(2026, 11, 23, 12, 0, 29, tzinfo=UTC)
    assert display_of("KV-1000-0001", now=at).seconds_left == 1
    assert display_of("KV-1000-0001", now=at + timedelta(seconds=1)).seconds_left == 30
    before, after = (display_of("KV-1000-0001", now=at + timedelta(seconds=s)).code for s in (0, 1))
    assert before != after
