"""How a token is backed up: a SoftHSM as a sealed file, a hardware module by its vendor's own means."""

import re
from pathlib import Path
from typing import Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from mitid_portal.backups.sealed_file import Passphrases

SOFT: Final = "mitid_portal.backups.softhsm.SoftHsmBackup"
VENDOR: Final = "mitid_portal.backups.vendor.VendorBackup"


class StagedToken(Protocol):
    """The token of a backup, unpacked and proven, not in use yet."""

    def put_in_place(self) -> None:
        """The module finds this token from now on."""

    def put_back(self) -> None:
        """The module finds what it found before; also when nothing was put in place."""

    def note(self) -> str:
        """Give what the operator has to know or do about what was there before; empty when nothing."""


class TokenBackup(Protocol):
    """One way to back a token up; the setting TOKEN_BACKUP names the class by its dotted path."""

    needs_passphrases: bool
    advice: str
    """What the operator has to do besides; empty when nothing."""

    def save(self, folder: Path, passphrases: Passphrases | None, *, bound_to: bytes) -> list[Path]:
        """The token is in the folder, as it was at one instant. Returns: the files."""

    def is_target_empty(self) -> bool:
        """Whether a restore would put no token away."""

    def stage(self, folder: Path, passphrases: Passphrases | None, *, bound_to: bytes) -> StagedToken:
        """The backup's token lies ready, every byte of it proven.

        Raises: WrongPassphrases, BackupDamaged.
        """


def path_in_use() -> str:
    """Give the dotted path of the way that fits the module in use."""
    named: str = settings.TOKEN_BACKUP
    return named or (SOFT if re.search("softhsm", settings.PKCS11_MODULE, re.IGNORECASE) else VENDOR)


def token_backup(path: str) -> TokenBackup:
    """Give the way of that name."""
    made: TokenBackup = import_string(path)()
    return made
