"""Deliveries of code devices come into an office's stock whole, or not at all."""

import hmac
import secrets
from base64 import b64encode
from io import StringIO

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from django.core.management import CommandError, call_command
from django.db import transaction
from uuid_utils.compat import uuid7

from audit.api import EventKind
from identities.api import AuthenticatorKind, DeviceRecord, DeviceState, device_state, register_code_device
from identities.models import CodeDevice
from registration.api import NotImported, UnknownOffice, import_devices
from registration.models import StockItem
from tests.factories.registration import an_office
from tests.registration.clerks import events

pytestmark = pytest.mark.django_db
SEED = bytes(range(20))


@pytest.fixture
def office(now):
    return an_office(now=now)


@pytest.fixture
def key_file(tmp_path):
    file = tmp_path / "pskc.key"
    file.write_text(secrets.token_hex(16) + "\n")
    file.chmod(0o600)
    return file


def run(file, office_id, *words, kind="code_display"):
    out, err = StringIO(), StringIO()
    call_command(
        "import_devices", str(file), "--office", str(office_id), "--kind", kind, *words, stdout=out, stderr=err
    )
    assert SEED.hex() not in out.getvalue() + err.getvalue()
    return out.getvalue(), err.getvalue()


def refusal(*words, **options):
    with pytest.raises(CommandError) as caught:
        run(*words, **options)
    assert SEED.hex() not in str(caught.value)
    assert not StockItem.objects.exists()
    return str(caught.value)


def a_table(tmp_path, *lines):
    file = tmp_path / "devices.csv"
    file.write_text("\n".join(["serial;seed", *lines]))
    return file


def pskc(*serials, key):
    """Encrypt a container as vendors do (RFC 6030 section 6.1), with the key as its MAC key too."""
    packages = []
    for serial in serials:
        iv, padding = secrets.token_bytes(16), 16 - len(SEED) % 16
        encryptor = Cipher(AES(key), CBC(iv)).encryptor()
        value = iv + encryptor.update(SEED + bytes([0] * (padding - 1)) + bytes([padding])) + encryptor.finalize()
        mac = hmac.digest(key, value, "sha256")
        packages.append(
            f"""<KeyPackage><DeviceInfo><SerialNo>{serial}</SerialNo></DeviceInfo>
            <Key Id="{serial}" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:totp">
            <AlgorithmParameters><ResponseFormat Length="6" Encoding="DECIMAL"/></AlgorithmParameters><Data><Secret>
            <EncryptedValue><xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>
            <xenc:CipherData><xenc:CipherValue>{b64encode(value).decode()}</xenc:CipherValue></xenc:CipherData>
            </EncryptedValue><ValueMAC>{b64encode(mac).decode()}</ValueMAC></Secret></Data></Key></KeyPackage>"""
        )
    return f"""<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"
        xmlns:xenc="http://www.w3.org/2001/04/xmlenc#">
        <MACMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"/>{"".join(packages)}</KeyContainer>"""


def test_reg_11_an_encrypted_delivery_lies_in_stock(tmp_path, office, key_file):
    """REG-11, KEY-1: wrapped, of the kind that was named, one event each."""
    file = tmp_path / "devices.xml"
    file.write_text(pskc("kl-1", "KL-2", key=bytes.fromhex(key_file.read_text())))
    out, err = run(file, office.id, "--key-file", str(key_file), kind="audio_code_reader")
    assert (out, err) == ("2 devices are in stock.\n", "")
    items = StockItem.objects.order_by("serial").values_list("serial", "kind", "office_id", "state")
    assert list(items) == [(serial, "audio_code_reader", office.id, "in_stock") for serial in ("KL-1", "KL-2")]
    device = CodeDevice.objects.get(serial="KL-1")
    assert (device.kind, device_state("KL-1")) == ("audio_code_reader", DeviceState.IN_STOCK)
    assert SEED not in bytes(device.seed_wrapped)
    assert [event.facts["serial"] for event in events(EventKind.DEVICE_STOCKED)] == ["KL-1", "KL-2"]


def test_a_table_is_taken_and_said_to_lie_in_the_clear(tmp_path, office):
    file = a_table(tmp_path, f"KV-1;{SEED.hex()}", f"KV-2;{SEED.hex()}")
    out, err = run(file, office.id, "--format", "csv")
    assert out == "2 devices are in stock.\n"
    assert "destroy it" in err


def test_one_known_number_keeps_the_whole_delivery_out_and_is_named(tmp_path, office):
    """All or nothing; a device of nobody's stock counts too, and so does another spelling."""
    with transaction.atomic():
        register_code_device(serial="KV-2", seed=SEED)
    file = a_table(tmp_path, *(f"{serial};{SEED.hex()}" for serial in ("KV-1", "kv-2", "KV-3", "kv-3")))
    text = refusal(file, office.id, "--format", "csv")
    assert text.endswith(": KV-2, KV-3.")
    assert CodeDevice.objects.count() == 1
    assert not events(EventKind.DEVICE_STOCKED)


def test_many_known_numbers_are_counted_not_listed(tmp_path, office):
    file = a_table(tmp_path, *(f"{'kK'[number % 2]}v-{number // 2:04};{SEED.hex()}" for number in range(60)))
    assert refusal(file, office.id, "--format", "csv").endswith("KV-0019 and 10 more.")


def test_what_goes_wrong_is_said_with_its_place_and_nothing_is_imported(tmp_path, office, key_file):
    broken = a_table(tmp_path, f"KV-1;{SEED.hex()}", "KV-2;xyz")
    assert "(line 3)" in refusal(broken, office.id, "--format", "csv")
    assert "no such office" in refusal(a_table(tmp_path, f"KV-1;{SEED.hex()}"), uuid7(), "--format", "csv")
    encrypted = tmp_path / "devices.xml"
    encrypted.write_text(pskc("KV-1", key=secrets.token_bytes(16)))
    assert "key does not open" in refusal(encrypted, office.id, "--key-file", str(key_file))
    assert "needs --key-file" in refusal(encrypted, office.id)
    assert "has no key" in refusal(broken, office.id, "--format", "csv", "--key-file", str(key_file))
    assert "cannot be read" in refusal(tmp_path / "nowhere", office.id, "--format", "csv")
    broken.write_bytes(b"serial;seed\n\xff\xfe")
    assert "not of this format" in refusal(broken, office.id, "--format", "csv")
    key_file.write_text("not a key")
    assert "hexadecimal" in refusal(encrypted, office.id, "--key-file", str(key_file))
    key_file.chmod(0o644)
    assert "chmod 600" in refusal(encrypted, office.id, "--key-file", str(key_file))


def test_the_act_itself_refuses_what_the_command_does(office, now):
    record = DeviceRecord(serial="kv-9", kind=AuthenticatorKind.CODE_DISPLAY, seed=SEED)
    done = []
    with pytest.raises(UnknownOffice):
        import_devices(office_id=uuid7(), records=[record], now=now, progress=done.append)
    outcome = import_devices(office_id=office.id, records=[record, record], now=now, progress=done.append)
    assert (outcome, done) == (NotImported(("KV-9",)), [])
