"""Encrypted deliveries of seeds: RFC 6030's own container, and everything that is wrong with others."""

import hmac
import secrets
from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

from identities.device_files import LARGEST_FILE, DeviceFileError, DeviceRecord, FileRefusal
from identities.pskc import TOTP, packed_keys, read_pskc
from identities.states import AuthenticatorKind

# RFC 6030 section 6.1, figure 6: the pre-shared key, and the container as it stands there.
RFC_KEY = bytes.fromhex("12345678901234567890123456789012")
RFC_SECRET = b"12345678901234567890"
HOTP = "urn:ietf:params:xml:ns:keyprov:pskc:hotp"
FIGURE_6 = f"""<?xml version="1.0" encoding="UTF-8"?>
<KeyContainer Version="1.0"
    xmlns="urn:ietf:params:xml:ns:keyprov:pskc"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
    xmlns:xenc="http://www.w3.org/2001/04/xmlenc#">
    <EncryptionKey>
        <ds:KeyName>Pre-shared-key</ds:KeyName>
    </EncryptionKey>
    <MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1">
        <MACKey>
            <xenc:EncryptionMethod
            Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>
            <xenc:CipherData>
                <xenc:CipherValue>
    ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX
                </xenc:CipherValue>
            </xenc:CipherData>
        </MACKey>
    </MACMethod>
    <KeyPackage>
        <DeviceInfo>
            <Manufacturer>Manufacturer</Manufacturer>
            <SerialNo>987654321</SerialNo>
        </DeviceInfo>
        <CryptoModuleInfo>
            <Id>CM_ID_001</Id>
        </CryptoModuleInfo>
        <Key Id="12345678" Algorithm="{HOTP}">
            <Issuer>Issuer</Issuer>
            <AlgorithmParameters>
                <ResponseFormat Length="8" Encoding="DECIMAL"/>
            </AlgorithmParameters>
            <Data>
                <Secret>
                    <EncryptedValue>
                        <xenc:EncryptionMethod
            Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>
                        <xenc:CipherData>
                            <xenc:CipherValue>
    AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv
                            </xenc:CipherValue>
                        </xenc:CipherData>
                    </EncryptedValue>
                    <ValueMAC>Su+NvtQfmvfJzF6bmQiJqoLRExc=
                    </ValueMAC>
                </Secret>
                <Counter>
                    <PlainValue>0</PlainValue>
                </Counter>
            </Data>
        </Key>
    </KeyPackage>
</KeyContainer>"""
AS_TOTP = FIGURE_6.replace(HOTP, TOTP).replace('Length="8"', 'Length="6"')

SHA1 = "http://www.w3.org/2000/09/xmldsig#hmac-sha1"
SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"


def encrypted(value, key):
    padding = 16 - len(value) % 16
    padded = value + secrets.token_bytes(padding - 1) + bytes([padding])  # XML Encryption: only the last byte counts
    vector = secrets.token_bytes(16)
    encryptor = Cipher(AES(key), CBC(vector)).encryptor()
    return vector + encryptor.update(padded) + encryptor.finalize()


def a_package(serial, seed, *, key, mac_key, mac="sha256", extra="", parameters='Length="6" Encoding="DECIMAL"'):
    value = encrypted(seed, key)
    check = hmac.digest(mac_key, value, mac)
    return f"""<KeyPackage><DeviceInfo><SerialNo>{serial}</SerialNo></DeviceInfo><Key Id="{serial}" Algorithm="{TOTP}">
    <AlgorithmParameters><ResponseFormat {parameters}/></AlgorithmParameters><Data><Secret>
    <EncryptedValue>{cipher_of(value, key)}</EncryptedValue><ValueMAC>{b64encode(check).decode()}</ValueMAC>
    </Secret>{extra}</Data></Key></KeyPackage>"""


def cipher_of(value, key):
    return f"""<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes{len(key) * 8}-cbc"/>
    <xenc:CipherData><xenc:CipherValue>{b64encode(value).decode()}</xenc:CipherValue></xenc:CipherData>"""


def a_container(*packages, key, mac_key, mac=SHA256, has_mac_key=True):
    packed = f"<MACKey>{cipher_of(encrypted(mac_key, key), key)}</MACKey>" if has_mac_key else ""
    return f"""<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"
    xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><MACMethod Algorithm="{mac}">{packed}</MACMethod>
    {"".join(packages)}</KeyContainer>""".encode()


def refusal(xml, key=RFC_KEY):
    with pytest.raises(DeviceFileError) as caught:
        read_pskc(xml if isinstance(xml, bytes) else xml.encode(), key)
    assert RFC_SECRET.decode() not in str(caught.value)
    return caught.value.reason


def test_the_container_of_the_rfc_opens():
    """RFC 6030 figure 6: AES-128-CBC, an encrypted MAC key, HMAC-SHA-1."""
    (packed,) = packed_keys(FIGURE_6.encode(), RFC_KEY)
    assert (packed.serial, packed.algorithm, packed.secret) == ("987654321", HOTP, RFC_SECRET)
    assert refusal(FIGURE_6) is FileRefusal.ALGORITHM
    expected = DeviceRecord(serial="987654321", kind=AuthenticatorKind.CODE_DISPLAY, seed=RFC_SECRET)
    assert read_pskc(AS_TOTP.encode(), RFC_KEY) == [expected]
    assert "seed" not in repr(expected)


@pytest.mark.parametrize("key_bytes", [16, 32])
@pytest.mark.parametrize(("mac", "name"), [(SHA1, "sha1"), (SHA256, "sha256")])
@pytest.mark.parametrize("seed_bytes", [20, 32, 64])
def test_sec_3_a_delivery_of_several_devices_opens(key_bytes, mac, name, seed_bytes):
    """SEC-3, RFC 6030 section 6.1."""
    key, mac_key = secrets.token_bytes(key_bytes), secrets.token_bytes(20)
    seeds = {f"KO-{number}": secrets.token_bytes(seed_bytes) for number in range(3)}
    step = "<TimeInterval><PlainValue>30</PlainValue></TimeInterval><Time><PlainValue>0</PlainValue></Time>"
    packages = [
        a_package(serial, seed, key=key, mac_key=mac_key, mac=name, extra=step) for serial, seed in seeds.items()
    ]
    read = read_pskc(
        a_container(*packages, key=key, mac_key=mac_key, mac=mac), key, kind=AuthenticatorKind.AUDIO_READER
    )
    assert {record.serial: record.seed for record in read} == seeds
    assert {record.kind for record in read} == {AuthenticatorKind.AUDIO_READER}


def test_without_a_mac_key_the_encryption_key_is_it():
    """RFC 6030 section 6.1.1."""
    key, seed = secrets.token_bytes(32), secrets.token_bytes(20)
    package = a_package("KV-1", seed, key=key, mac_key=key)
    assert read_pskc(a_container(package, key=key, mac_key=key, has_mac_key=False), key)[0].seed == seed


@pytest.mark.parametrize("key", [bytes(16), RFC_KEY[:-1] + b"\x13", bytes(32), b"", RFC_KEY + b"\x00"])
def test_a_wrong_key_opens_nothing(key):
    assert refusal(AS_TOTP, key) is FileRefusal.KEY


def test_a_changed_value_and_a_changed_mac_are_noticed():
    assert refusal(AS_TOTP.replace("AAECAwQF", "AAECAwQG")) is FileRefusal.KEY
    assert refusal(AS_TOTP.replace("Su+NvtQf", "Su+NvtQg")) is FileRefusal.KEY
    assert refusal(AS_TOTP.replace("ESIzRFVm", "ESIzRFVn")) is FileRefusal.KEY
    assert refusal(AS_TOTP.replace("Su+NvtQfmvfJzF6bmQiJqoLRExc=", "")) is FileRefusal.KEY


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (TOTP, "urn:ietf:params:xml:ns:keyprov:pskc:ocra", FileRefusal.ALGORITHM),
        (f'Algorithm="{TOTP}"', "", FileRefusal.ALGORITHM),
        ("#hmac-sha1", "#hmac-md5", FileRefusal.ALGORITHM),
        ("#aes128-cbc", "#tripledes-cbc", FileRefusal.ALGORITHM),
        ("#aes128-cbc", "#aes256-cbc", FileRefusal.KEY),
        ("#aes128-cbc", "#kw-aes128", FileRefusal.ALGORITHM),
        ('Length="6"', 'Length="8"', FileRefusal.PARAMETERS),
        ('"DECIMAL"', '"ALPHANUMERIC"', FileRefusal.PARAMETERS),
        ('<ResponseFormat Length="6" Encoding="DECIMAL"/>', "<Suite>HMAC-SHA256</Suite>", FileRefusal.PARAMETERS),
        ("<Counter>", "<TimeInterval><PlainValue>60</PlainValue></TimeInterval><Counter>", FileRefusal.PARAMETERS),
        ("<Counter>", "<TimeDrift><PlainValue>4</PlainValue></TimeDrift><Counter>", FileRefusal.PARAMETERS),
        ("<SerialNo>987654321</SerialNo>", "", FileRefusal.SERIAL),
        ("987654321", "9876 54321", FileRefusal.SERIAL),
        ("987654321", "<b/>", FileRefusal.SERIAL),
        ("KeyContainer", "Container", FileRefusal.UNREADABLE),
        ('Version="1.0"', 'Version="2.0"', FileRefusal.UNREADABLE),
        ("KeyPackage", "Package", FileRefusal.EMPTY),
        ("AAECAwQFBgcI", "????", FileRefusal.SEED),
        (
            "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv",
            "AAECAwQFBgcICQoLDA0ODw==",
            FileRefusal.SEED,
        ),
        ("EncryptedValue", "OtherValue", FileRefusal.SEED),
        ("EncryptedValue", "PlainValue", FileRefusal.IN_THE_CLEAR),
        ("Secret>", "Other>", FileRefusal.SEED),
        ("<Issuer>", '</Key><Key Id="2"><Issuer>', FileRefusal.UNREADABLE),
    ],
)
def test_a_container_with_one_thing_wrong_is_refused_whole(old, new, reason):
    assert AS_TOTP.count(old)
    assert refusal(AS_TOTP.replace(old, new)) is reason


def test_seeds_in_the_clear_are_refused():
    """RFC 6030 figure 2 is allowed by the format, and never by us."""
    plain = f"""<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"><KeyPackage><DeviceInfo>
    <SerialNo>1</SerialNo></DeviceInfo><Key Id="1" Algorithm="{TOTP}"><Data><Secret><PlainValue>MTIzNA==</PlainValue>
    </Secret></Data></Key></KeyPackage></KeyContainer>"""
    assert refusal(plain) is FileRefusal.IN_THE_CLEAR


def test_encryption_without_a_mac_is_refused():
    start, end = AS_TOTP.index("<MACMethod"), AS_TOTP.index("</MACMethod>") + len("</MACMethod>")
    assert refusal(AS_TOTP[:start] + AS_TOTP[end:]) is FileRefusal.ALGORITHM


@pytest.mark.parametrize("mac_key", [b"", b"\x00", bytes(15)])
def test_a_mac_key_that_is_short_or_none_is_refused(mac_key):
    """Whoever changes the padding must not shorten it to one that they know."""
    key = secrets.token_bytes(16)
    package = a_package("KV-1", bytes(20), key=key, mac_key=mac_key)
    assert refusal(a_container(package, key=key, mac_key=mac_key), key) is FileRefusal.KEY


@pytest.mark.parametrize("seed_bytes", [0, 1, 16, 19, 65])
def test_a_seed_that_is_too_short_or_too_long_is_refused(seed_bytes):
    key = secrets.token_bytes(16)
    package = a_package("KV-1", bytes(seed_bytes), key=key, mac_key=key)
    assert refusal(a_container(package, key=key, mac_key=key), key) is FileRefusal.SEED


def test_two_devices_with_one_serial_number_are_refused():
    key = secrets.token_bytes(16)
    packages = [a_package("KV-1", secrets.token_bytes(20), key=key, mac_key=key) for _ in range(2)]
    assert refusal(a_container(*packages, key=key, mac_key=key), key) is FileRefusal.SERIAL_TWICE


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE x [<!ENTITY l11 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/evil.dtd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]>',
    ],
)
def test_bombs_and_entities_from_outside_are_refused(doctype):
    xml = AS_TOTP.replace("<KeyContainer", f"{doctype}<KeyContainer", 1).replace("CM_ID_001", "&l11;")
    assert refusal(xml) is FileRefusal.UNREADABLE


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"no xml",
        b"<a>",
        b"\xff\xfe",
        b'<?xml version="1.0" encoding="klingon"?><a/>',
        b'<?xml version="1.0" encoding="ascii"?><a>\xc3</a>',
        b"<a>" * 100_000,
        b"\x00" * 1_000_000,
    ],
)
def test_what_is_no_xml_is_refused(xml):
    assert refusal(xml) is FileRefusal.UNREADABLE


def test_a_file_that_is_too_large_is_refused_unread():
    assert refusal(b" " * (LARGEST_FILE + 1)) is FileRefusal.TOO_LARGE


def test_a_megabyte_of_devices_is_read():
    key = secrets.token_bytes(32)
    packages = [a_package(f"KV-{number}", secrets.token_bytes(20), key=key, mac_key=key) for number in range(1_800)]
    xml = a_container(*packages, key=key, mac_key=key)
    assert len(xml) > 1_000_000
    assert len(read_pskc(xml, key)) == 1_800


@given(st.integers(0, len(AS_TOTP) - 1), st.characters(codec="utf-8"))
def test_no_single_changed_character_breaks_the_reader(place, character):
    try:
        records = read_pskc((AS_TOTP[:place] + character + AS_TOTP[place + 1 :]).encode(), RFC_KEY)
    except DeviceFileError:
        return
    assert records[0].seed == RFC_SECRET
