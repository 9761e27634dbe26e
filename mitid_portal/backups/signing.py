"""The manifest's signatures: whoever can write to where backups lie makes no backup that a restore believes."""

import json
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from hsm import api as hsm
from mitid_portal.backups.errors import BackupDamaged, BackupFailed
from mitid_portal.backups.files import private_file

FILE: Final = "manifest.signatures.json"
KEYS: Final = (hsm.KeyName.LOG_SEAL, hsm.KeyName.LOG_SEAL_PQ)
"""As every seal of the log has them: who breaks one of the two algorithms has not forged a manifest."""


def sign_manifest(folder: Path, manifest: bytes) -> None:
    """The folder holds both keys' signatures of a manifest.

    Raises: HsmUnavailable.
    """
    entries = []
    for name in KEYS:
        made = hsm.sign(name, _message(manifest))
        public = hsm.public_key(name, version=made.version)
        entries.append(
            {
                "key": name.value,
                "version": made.version,
                "algorithm": made.algorithm,
                "public_key": b64encode(public.der).decode(),
                "signature": b64encode(made.value).decode(),
            }
        )
    with private_file(folder / FILE) as stream:
        stream.write(json.dumps(entries, indent=2).encode() + b"\n")


def check_manifest(folder: Path, manifest: bytes, fingerprints: Collection[str]) -> None:
    """A manifest carries a signature of each key, made with a pair whose fingerprint people have on paper.

    Neither the database nor the token is asked: after a loss there is none, or one that came with the backup.

    Raises: BackupFailed without fingerprints; BackupDamaged.
    """
    pinned = {fingerprint.replace("-", "").lower() for fingerprint in fingerprints}
    if not pinned:
        raise BackupFailed("Name the fingerprints of log-seal and log-seal-pq: --fingerprint, from the protocols.")
    try:
        entries = json.loads((folder / FILE).read_text(encoding="utf-8"))
        signed = {entry["key"] for entry in entries if _holds(entry, manifest, pinned)}
    except (OSError, ValueError, TypeError, KeyError, NotBase64) as error:
        raise BackupDamaged(f"{FILE} is missing, or not understood.") from error
    missing = [name.value for name in KEYS if name.value not in signed]
    if missing:
        raise BackupDamaged(
            f"The manifest has no signature of {' and '.join(missing)} with a key of these fingerprints."
        )


def _holds(entry: dict[str, Any], manifest: bytes, pinned: set[str]) -> bool:
    der = b64decode(entry["public_key"], validate=True)
    if hsm.fingerprint(der).replace("-", "") not in pinned:
        return False
    public = hsm.PublicKey(entry["version"], der, entry["algorithm"])
    return hsm.verify_with(public, _message(manifest), b64decode(entry["signature"], validate=True))


def _message(manifest: bytes) -> bytes:
    return b"mitid backup manifest 1\n" + sha256(manifest).hexdigest().encode()
