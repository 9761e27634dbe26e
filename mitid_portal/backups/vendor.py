"""A hardware module: its keys are backed up by the vendor's own means; here only their check values are."""

from pathlib import Path

from mitid_portal.backups.sealed_file import Passphrases


class NothingStaged:
    """The keys come back by the vendor's means, before the restore."""

    def put_in_place(self) -> None:
        """The module holds the keys already, or the proof says that it does not."""

    def put_back(self) -> None:
        """Nothing was done."""

    def note(self) -> str:
        """Nothing was put away."""
        return ""


class VendorBackup:
    """The manifest's check values tell whether the module holds the keys of the backup."""

    needs_passphrases = False
    advice = (
        "The keys are not in this backup. Back the module up now by its vendor's procedure (key cloning, a wrapped "
        "export under the module's own master key, smart cards), and bring it back by it before a restore."
    )

    def save(self, folder: Path, passphrases: Passphrases | None, *, bound_to: bytes) -> list[Path]:  # noqa: ARG002 - the protocol's
        """Nothing leaves the module."""
        return []

    def is_target_empty(self) -> bool:
        """A restore puts no key away."""
        return True

    def stage(self, folder: Path, passphrases: Passphrases | None, *, bound_to: bytes) -> NothingStaged:  # noqa: ARG002
        """There is nothing to unpack."""
        return NothingStaged()
