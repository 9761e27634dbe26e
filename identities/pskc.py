"""Reading PSKC, the format in which vendors deliver seeds encrypted (RFC 6030)."""

import binascii
import hmac
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from identities.device_files import (
    LARGEST_FILE,
    DeviceFileError,
    DeviceRecord,
    FileRefusal,
    checked_records,
    checked_seed,
    checked_serial,
)
from identities.rules.totp import DIGITS, STEP_SECONDS
from identities.states import AuthenticatorKind

PSKC: Final = "{urn:ietf:params:xml:ns:keyprov:pskc}"
XENC: Final = "{http://www.w3.org/2001/04/xmlenc#}"
TOTP: Final = "urn:ietf:params:xml:ns:keyprov:pskc:totp"
KEY_BYTES: Final = {  # RFC 6030 section 6.1.1
    "http://www.w3.org/2001/04/xmlenc#aes128-cbc": 16,
    "http://www.w3.org/2001/04/xmlenc#aes256-cbc": 32,
}
MACS: Final = {
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1": "sha1",  # the one that RFC 6030 demands of every reader
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha384": "sha384",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha512": "sha512",
}
BLOCK_BYTES: Final = 16
SHORTEST_MAC_KEY: Final = 16
PLAIN_HASHES: Final = {"", "hmac-sha1", "sha1", "sha-1"}  # what vendors write into Suite for RFC 6238's default


@dataclass(frozen=True)
class PackedKey:
    """One key of a container: whose, for which algorithm, and its secret in the clear."""

    serial: str
    algorithm: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class _Envelope:
    """What opens the secrets of one container."""

    key: bytes = field(repr=False)
    mac_key: bytes = field(repr=False)
    mac_hash: str


def read_pskc(
    xml: bytes, key: bytes, *, kind: AuthenticatorKind = AuthenticatorKind.CODE_DISPLAY
) -> list[DeviceRecord]:
    """Open the devices of a key container that is encrypted with a pre-shared AES key.

    Source:  RFC 6030 sections 4 and 6.1; TOTP with six digits and steps of 30 seconds only (SEC-3).
    Returns: the devices, all of ``kind``: the format has no word for it.
    Raises:  DeviceFileError: nothing of the file is taken when one device of it is wrong.
    Bytes:   ``key`` is 16 or 32 bytes, handed over by two people apart from the file.
    """
    container = _container(xml)
    envelope = _envelope(container, key)
    records = []
    for number, package in enumerate(container.findall(f"{PSKC}KeyPackage"), start=1):
        packed = _packed_key(package, envelope, place=f"package {number}")
        _refuse_other_codes(package, packed.algorithm, place=packed.serial)
        seed = checked_seed(packed.secret, place=packed.serial)
        records.append(DeviceRecord(serial=packed.serial, kind=kind, seed=seed))
    return checked_records(records)


def packed_keys(xml: bytes, key: bytes) -> list[PackedKey]:
    """Open every key of a container, whatever it is for. Raises: DeviceFileError."""
    container = _container(xml)
    envelope = _envelope(container, key)
    packages = container.findall(f"{PSKC}KeyPackage")
    return [_packed_key(package, envelope, place=f"package {n}") for n, package in enumerate(packages, start=1)]


def _container(xml: bytes) -> Element:
    if len(xml) > LARGEST_FILE:
        raise DeviceFileError(FileRefusal.TOO_LARGE)
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:  # an unknown or a false encoding too
        raise DeviceFileError(FileRefusal.UNREADABLE) from error
    if root.tag != f"{PSKC}KeyContainer" or not root.get("Version", "").startswith("1."):
        raise DeviceFileError(FileRefusal.UNREADABLE, "KeyContainer")
    return root


def _envelope(container: Element, key: bytes) -> _Envelope:
    """Find how values are authenticated; a container without a MAC is refused, as CBC alone hides no change.

    The container's MAC key is encrypted itself; where there is none, the encryption key is the MAC key too
    (RFC 6030 section 6.1.1).
    """
    method = container.find(f"{PSKC}MACMethod")
    if method is None:
        secret = container.find(f".//{PSKC}Secret/{PSKC}PlainValue")
        reason = FileRefusal.ALGORITHM if secret is None else FileRefusal.IN_THE_CLEAR
        raise DeviceFileError(reason, "MACMethod")
    mac_hash = MACS.get(method.get("Algorithm", ""))
    if mac_hash is None:
        raise DeviceFileError(FileRefusal.ALGORITHM, "MACMethod")
    packed = method.find(f"{PSKC}MACKey")
    mac_key = key if packed is None else _decrypted(_ciphertext(packed, key, place="MACKey"), key, place="MACKey")
    if len(mac_key) < SHORTEST_MAC_KEY:  # whoever changes the padding of a MAC key must not make one that they know
        raise DeviceFileError(FileRefusal.KEY, "MACKey")
    return _Envelope(key=key, mac_key=mac_key, mac_hash=mac_hash)


def _packed_key(package: Element, envelope: _Envelope, *, place: str) -> PackedKey:
    serial = checked_serial(_text(package, f"{PSKC}DeviceInfo/{PSKC}SerialNo"), place=place)
    keys = package.findall(f"{PSKC}Key")
    if len(keys) != 1:
        raise DeviceFileError(FileRefusal.UNREADABLE, serial)
    secret = keys[0].find(f"{PSKC}Data/{PSKC}Secret")
    if secret is None:
        raise DeviceFileError(FileRefusal.SEED, serial)
    if secret.find(f"{PSKC}PlainValue") is not None:
        raise DeviceFileError(FileRefusal.IN_THE_CLEAR, serial)
    value = secret.find(f"{PSKC}EncryptedValue")
    if value is None:
        raise DeviceFileError(FileRefusal.SEED, serial)
    ciphertext = _ciphertext(value, envelope.key, place=serial)
    # The MAC comes first: what decryption says of a changed value is nothing that anybody should learn.
    wanted = _base64(_text(secret, f"{PSKC}ValueMAC"), place=serial)
    if not hmac.compare_digest(hmac.digest(envelope.mac_key, ciphertext, envelope.mac_hash), wanted):
        raise DeviceFileError(FileRefusal.KEY, serial)
    opened = _decrypted(ciphertext, envelope.key, place=serial)
    return PackedKey(serial=serial, algorithm=keys[0].get("Algorithm", ""), secret=opened)


def _refuse_other_codes(package: Element, algorithm: str, *, place: str) -> None:
    """Raise DeviceFileError for a device that shows other codes than we check, or counts time otherwise."""
    if algorithm != TOTP:
        raise DeviceFileError(FileRefusal.ALGORITHM, place)
    parameters = package.find(f"{PSKC}Key/{PSKC}AlgorithmParameters")
    answer = parameters.find(f"{PSKC}ResponseFormat") if parameters is not None else None
    digits = answer.get("Length") if answer is not None and answer.get("Encoding") == "DECIMAL" else None
    suite = _text(package, f"{PSKC}Key/{PSKC}AlgorithmParameters/{PSKC}Suite").casefold()
    data = f"{PSKC}Key/{PSKC}Data"
    step = _text(package, f"{data}/{PSKC}TimeInterval/{PSKC}PlainValue") or str(STEP_SECONDS)
    start = _text(package, f"{data}/{PSKC}Time/{PSKC}PlainValue") or "0"
    drift = _text(package, f"{data}/{PSKC}TimeDrift/{PSKC}PlainValue") or "0"
    if (digits, step, start, drift) != (str(DIGITS), str(STEP_SECONDS), "0", "0") or suite not in PLAIN_HASHES:
        raise DeviceFileError(FileRefusal.PARAMETERS, place)


def _ciphertext(value: Element, key: bytes, *, place: str) -> bytes:
    """Give the initialisation vector and the encrypted bytes, once the key fits the algorithm that is named."""
    method = value.find(f"{XENC}EncryptionMethod")
    key_bytes = KEY_BYTES.get(method.get("Algorithm", "")) if method is not None else None
    if key_bytes is None:
        raise DeviceFileError(FileRefusal.ALGORITHM, place)
    if len(key) != key_bytes:
        raise DeviceFileError(FileRefusal.KEY, place)
    ciphertext = _base64(_text(value, f"{XENC}CipherData/{XENC}CipherValue"), place=place)
    if len(ciphertext) < 2 * BLOCK_BYTES or len(ciphertext) % BLOCK_BYTES:
        raise DeviceFileError(FileRefusal.SEED, place)
    return ciphertext


def _decrypted(ciphertext: bytes, key: bytes, *, place: str) -> bytes:
    """Decrypt AES-CBC. Source: XML Encryption section 5.2: the last byte tells how many bytes are padding."""
    decryptor = Cipher(AES(key), CBC(ciphertext[:BLOCK_BYTES])).decryptor()
    padded = decryptor.update(ciphertext[BLOCK_BYTES:]) + decryptor.finalize()
    if not 1 <= padded[-1] <= BLOCK_BYTES:
        raise DeviceFileError(FileRefusal.KEY, place)
    return padded[: -padded[-1]]


def _text(element: Element, path: str) -> str:
    found = element.find(path)
    return (found.text or "").strip() if found is not None else ""


def _base64(text: str, *, place: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise DeviceFileError(FileRefusal.SEED, place) from error
