"""At which level an app is enrolled, and what a phone's key is (AUT-3, LVL-2)."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from identities.states import AssuranceLevel, CodeCarrier


def level_of_new_app(
    code_level: AssuranceLevel, *, carrier: CodeCarrier | None, shares_its_phone: bool
) -> AssuranceLevel:
    """Give the level that an app is enrolled at; ``carrier`` is None for a copy of another app.

    Rule: LVL-2: only paper is handed over in person. AUT-3: beside somebody else's app it is no higher than
          SUBSTANTIAL.
    """
    if carrier is CodeCarrier.PAPER and not shares_its_phone:
        return code_level
    return min(code_level, AssuranceLevel.SUBSTANTIAL)


def normal_device_key(device_key: bytes) -> bytes:
    """Give the one form in which a device's key is kept and compared: a point may be written in two.

    Raises: ValueError when it is no EC P-256 key.
    Bytes:  SubjectPublicKeyInfo, DER (RFC 5480), the point uncompressed.
    """
    try:
        key = load_der_public_key(device_key)
    except UnsupportedAlgorithm as fault:
        raise ValueError("A device's key is an EC P-256 key.") from fault
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    raise ValueError("A device's key is an EC P-256 key.")
