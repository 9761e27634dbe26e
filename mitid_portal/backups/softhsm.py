"""A SoftHSM token: its folder, as a tar that is sealed on its way to the disk."""

import os
import shutil
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, cast

from mitid_portal.backups.errors import BackupDamaged, BackupFailed
from mitid_portal.backups.files import private_file
from mitid_portal.backups.sealed_file import OpeningReader, Passphrases, SealingWriter

FILE: Final = "token.tar.sealed"
TRIES: Final = 5


@dataclass
class StagedFolder:
    """A token's folder beside the place where the module looks."""

    fresh: Path
    place: Path
    away: Path
    is_placed: bool = field(default=False)

    def put_in_place(self) -> None:
        """The module finds this token; the old one lies beside it."""
        if self.place.exists():
            self.place.rename(self.away)
        self.fresh.rename(self.place)
        self.is_placed = True

    def put_back(self) -> None:
        """The old token, if there was one, is where it was."""
        if self.is_placed:
            shutil.rmtree(self.place)
            self.is_placed = False
        shutil.rmtree(self.fresh, ignore_errors=True)
        if self.away.exists() and not self.place.exists():
            self.away.rename(self.place)

    def note(self) -> str:
        """Tell of the old token."""
        if not self.away.exists():
            return ""
        return f"The token that was there lies in {self.away}: delete it once the proof is whole."


class SoftHsmBackup:
    """SoftHSM keeps a token as files; whoever has them and the PIN has the keys, so they leave only sealed."""

    needs_passphrases = True
    advice = "The user PIN is not in the backup: it stays with the settings."

    def save(self, folder: Path, passphrases: Passphrases | None, *, bound_to: bytes) -> list[Path]:
        """The token's folder is in one sealed file.

        Raises: BackupFailed when ceremonies kept changing it.
        """
        if passphrases is None:
            raise BackupFailed("The token is only written under two passphrases.")
        tokens, file = token_folder(), folder / FILE
        for _try in range(TRIES):
            before = _state(tokens)
            if not before:
                raise BackupFailed(f"There is no token in {tokens}.")
            with private_file(file) as out:
                sealing = SealingWriter(out, passphrases, bound_to=bound_to)
                with tarfile.open(fileobj=cast("IO[bytes]", sealing), mode="w|", format=tarfile.PAX_FORMAT) as tar:
                    tar.add(tokens, arcname=".")
                sealing.finish()
            if _state(tokens) == before:
                return [file]
        raise BackupFailed("The token kept changing: is a ceremony under way?")

    def is_target_empty(self) -> bool:
        """Whether there is no token."""
        return not _state(token_folder())

    def stage(self, folder: Path, passphrases: Passphrases | None, *, bound_to: bytes) -> StagedFolder:
        """The folder is unpacked beside its place.

        Raises: WrongPassphrases, BackupDamaged.
        """
        if passphrases is None:
            raise BackupFailed("The token opens with its two passphrases only.")
        place = token_folder()
        staged = StagedFolder(fresh=_beside(place, "restored"), place=place, away=_beside(place, "replaced"))
        staged.fresh.mkdir(parents=True, mode=0o700)
        try:
            with (folder / FILE).open("rb") as source:
                _unpack(OpeningReader(source, passphrases, bound_to=bound_to), staged.fresh)
            _take_owner(staged.fresh, place)
        except BaseException:
            shutil.rmtree(staged.fresh)
            raise
        return staged


def token_folder() -> Path:
    """Give the folder that SoftHSM's configuration names.

    Raises: BackupFailed when it names none.
    """
    config = Path(os.environ.get("SOFTHSM2_CONF", "/etc/softhsm/softhsm2.conf"))
    try:
        lines = config.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BackupFailed(f"SoftHSM's configuration cannot be read: {error}") from error
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() == "directories.tokendir":
            return Path(value.strip())
    raise BackupFailed(f"{config} names no directories.tokendir.")


def _state(tokens: Path) -> list[tuple[str, int, int]]:
    found = []
    for file in sorted(tokens.rglob("*")):
        if not file.is_dir():
            entry = file.stat()
            found.append((str(file), entry.st_size, entry.st_mtime_ns))
    return found


def _unpack(opening: OpeningReader, folder: Path) -> None:
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", opening), mode="r|") as tar:
            tar.extractall(folder, filter="data")
        while opening.read(65_536):  # to the last piece, which proves that nothing was cut off
            pass
    except tarfile.TarError as error:
        raise BackupDamaged("The token's file holds no folder.") from error


def _take_owner(folder: Path, like: Path) -> None:
    # As root, for a portal that runs as somebody else.
    pattern = next(path for path in (like, *like.parents) if path.exists()).stat()
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != pattern.st_uid:
            os.chown(path, pattern.st_uid, pattern.st_gid)


def _beside(place: Path, word: str) -> Path:
    number = 1
    while (found := place.with_name(f"{place.name}.{word}-{number}")).exists():
        number += 1
    return found
