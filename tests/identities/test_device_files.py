"""Tables of devices, as vendors and spreadsheets write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identities.device_files import (
    LARGEST_FILE,
    DeviceFileError,
    DeviceRecord,
    FileRefusal,
    read_device_csv,
)
from identities.states import AuthenticatorKind

SEED = bytes(range(1, 21))
HEX = SEED.hex()
BASE32 = "AEBAGBAFAYDQQCIKBMGA2DQPCAIREEYU"
DISPLAY, AUDIO = AuthenticatorKind.CODE_DISPLAY, AuthenticatorKind.AUDIO_READER


def refusal(text):
    with pytest.raises(DeviceFileError) as caught:
        read_device_csv(text)
    assert HEX not in str(caught.value)
    return caught.value.reason


def test_sec_3_a_table_is_read_with_a_byte_order_mark_semicolons_quotes_and_columns_in_any_order():
    """SEC-3."""
    text = f'\ufeff"Seed";"Remark";"Serial"\r\n"{HEX}";"says ""hi""; twice";"KV-1"\r\n\r\n"{BASE32}";;" KV-2 "\r\n'
    assert read_device_csv(text) == [
        DeviceRecord(serial="KV-1", kind=DISPLAY, seed=SEED),
        DeviceRecord(serial="KV-2", kind=DISPLAY, seed=SEED),
    ]


def test_a_table_may_mix_displays_and_audio_readers():
    text = f"serial,kind,seed\nKV-1,code_display,{HEX}\nKO-1,Audio_Code_Reader,{HEX}\nKO-2,,{HEX}\n"
    assert [record.kind for record in read_device_csv(text, kind=AUDIO)] == [DISPLAY, AUDIO, AUDIO]


def test_tabs_separate_too():
    assert read_device_csv(f"serial\tseed\nKV-1\t{HEX}")[0].seed == SEED


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", FileRefusal.EMPTY),
        ("serial,seed\n", FileRefusal.EMPTY),
        ("number,seed\nKV-1,00", FileRefusal.COLUMN_MISSING),
        ("serial,serial,seed\nKV-1,KV-2,00", FileRefusal.COLUMN_MISSING),
        (f"serial,seed\nKV-1,{HEX}\nKV-1,{HEX}\n", FileRefusal.SERIAL_TWICE),
        (f"serial,seed\nKV 1,{HEX}\n", FileRefusal.SERIAL),
        (f"serial,seed\n{'K' * 33},{HEX}\n", FileRefusal.SERIAL),
        (f"serial,seed\n=cmd(),{HEX}\n", FileRefusal.SERIAL),
        ("serial,seed\nKV-1,\n", FileRefusal.SEED),
        ("serial,seed\nKV-1\n", FileRefusal.SEED),
        ("serial,seed\nKV-1,0102030405\n", FileRefusal.SEED),
        (f"serial,seed\nKV-1,{'00' * 65}\n", FileRefusal.SEED),
        ("serial,seed\nKV-1,not-a-seed\n", FileRefusal.SEED),
        (f"serial,seed,kind\nKV-1,{HEX},chip\n", FileRefusal.KIND),
        (f'serial,seed\n"KV-1,{HEX}\n', FileRefusal.UNREADABLE),
        (f'serial,seed\n"KV"-1,{HEX}\n', FileRefusal.UNREADABLE),
    ],
)
def test_a_table_with_one_thing_wrong_is_refused_whole(text, reason):
    assert refusal(text) is reason


def test_a_table_that_is_too_large_is_refused_unread():
    assert refusal("x" * (LARGEST_FILE + 1)) is FileRefusal.TOO_LARGE


def test_a_megabyte_of_devices_is_read():
    lines = [f"KV-{number:06},{HEX}" for number in range(20_000)]
    assert len(read_device_csv("serial,seed\n" + "\n".join(lines))) == 20_000


def test_log_2_no_seed_is_shown_by_accident():
    """LOG-2."""
    assert "seed" not in repr(read_device_csv(f"serial,seed\nKV-1,{HEX}"))


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text):
    try:
        records = read_device_csv(f"serial,seed\n{text}")
    except DeviceFileError:
        return
    assert records
