"""How passwords are hashed: peppered inside the HSM, then Argon2id."""

import binascii
from typing import Any, Final

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret
from django.contrib.auth.hashers import BasePasswordHasher

from hsm.api import active_pepper, pepper
from identities.rules.password import normal_password

MEMORY_KIB: Final = 19_456  # OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, 2 passes, 1 lane
PASSES: Final = 2
LANES: Final = 1


class PepperedArgon2PasswordHasher(BasePasswordHasher):
    """Argon2id over an HMAC that only the HSM can make, so that a stolen database alone cannot be guessed at.

    Bytes: ``peppered_argon2id$<pepper version>$argon2id$v=…$m=…,t=…,p=…$<salt>$<hash>``.
    """

    algorithm = "peppered_argon2id"
    library = "argon2"

    def encode(self, password: str, salt: str) -> str:
        """Hash ``password`` under the active pepper. Raises: HsmUnavailable."""
        version, peppered = pepper(normal_password(password))
        encoded = hash_secret(
            peppered.encode("ascii"),
            salt.encode("ascii"),
            time_cost=PASSES,
            memory_cost=MEMORY_KIB,
            parallelism=LANES,
            hash_len=32,
            type=Type.ID,
        )
        return f"{self.algorithm}${version}{encoded.decode('ascii')}"

    def verify(self, password: str, encoded: str) -> bool:
        """Tell whether ``password`` is the one behind ``encoded``. Raises: HsmUnavailable."""
        _, version, rest = encoded.split("$", 2)
        _, peppered = pepper(normal_password(password), version=int(version))
        try:
            return PasswordHasher().verify(f"${rest}", peppered)
        except (VerificationError, InvalidHashError, binascii.Error):
            return False

    def decode(self, encoded: str) -> dict[str, Any]:
        """Take ``encoded`` apart."""
        algorithm, version, rest = encoded.split("$", 2)
        parameters = extract_parameters(f"${rest}")
        return {
            "algorithm": algorithm,
            "pepper_version": int(version),
            "memory_cost": parameters.memory_cost,
            "time_cost": parameters.time_cost,
            "parallelism": parameters.parallelism,
        }

    def must_update(self, encoded: str) -> bool:
        """Tell whether ``encoded`` was made with other parameters, or another pepper, than today's.

        Rule:   KEY-3.
        Raises: HsmUnavailable.
        """
        decoded = self.decode(encoded)
        made_with = (decoded["pepper_version"], decoded["memory_cost"], decoded["time_cost"], decoded["parallelism"])
        return made_with != (active_pepper(), MEMORY_KIB, PASSES, LANES)

    def safe_summary(self, encoded: str) -> dict[Any, Any]:
        """Name the algorithm and its parameters, never the hash."""
        return self.decode(encoded)

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Leave the time as it is: one algorithm only, nothing to even out."""
