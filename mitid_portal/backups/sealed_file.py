"""A file that only two people together open: AES-256-GCM in pieces, under a key from their two passphrases.

Layout: ``MAGIC``, 16 bytes of salt, then pieces. A piece is one byte (1 for the last one), the length of what follows
in four bytes, and the ciphertext with its tag. A piece's nonce is its number and that one byte, so pieces that are
moved, left out or cut off at the end do not open. The key is used for one file: its salt is random.
"""

import io
import os
import struct
import unicodedata
from dataclasses import dataclass, field
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from mitid_portal.backups.errors import BackupDamaged, WrongPassphrases

MAGIC: Final = b"mitid token 1\n"
SALT_BYTES: Final = 16
PIECE_BYTES: Final = 1_048_576
TAG_BYTES: Final = 16
LEAST_CHARACTERS: Final = 12
SCRYPT_N: Final = 2**17  # with r=8: 128 MiB and about half a second a try


@dataclass(frozen=True)
class Passphrases:
    """What two people know, one each; in either order."""

    one: str = field(repr=False)
    other: str = field(repr=False)

    def refusal(self) -> str | None:
        """Say why these do not do; ``None`` when they do."""
        if min(len(self.one), len(self.other)) < LEAST_CHARACTERS:
            return f"A passphrase has at least {LEAST_CHARACTERS} characters."
        if self.one == self.other:
            return "The two passphrases are the same: each of the two people chooses their own."
        return None

    def key(self, salt: bytes) -> AESGCM:
        """Derive the key of one file (RFC 7914)."""
        both = sorted(unicodedata.normalize("NFC", each).encode() for each in (self.one, self.other))
        material = b"".join(struct.pack(">I", len(each)) + each for each in both)
        return AESGCM(Scrypt(salt=salt, length=32, n=SCRYPT_N, r=8, p=1).derive(material))


class SealingWriter(io.RawIOBase):
    """Seals what is written and writes that to ``out``; ``bound_to`` must be told again to read it."""

    def __init__(self, out: IO[bytes], passphrases: Passphrases, *, bound_to: bytes) -> None:
        """Write the header."""
        salt = os.urandom(SALT_BYTES)
        self._out = out
        self._key = passphrases.key(salt)
        self._context = MAGIC + salt + bound_to
        self._buffer = bytearray()
        self._count = 0
        out.write(MAGIC + salt)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override] # a narrower buffer
        """Take data in."""
        self._buffer += data
        while len(self._buffer) > PIECE_BYTES:
            self._seal(bytes(self._buffer[:PIECE_BYTES]), is_last=False)
            del self._buffer[:PIECE_BYTES]
        return len(data)

    def finish(self) -> None:
        """The last piece is written; without it nobody takes the file for whole."""
        self._seal(bytes(self._buffer), is_last=True)

    def _seal(self, piece: bytes, *, is_last: bool) -> None:
        sealed = self._key.encrypt(_nonce(self._count, is_last=is_last), piece, self._context)
        self._out.write(struct.pack(">?I", is_last, len(sealed)) + sealed)
        self._count += 1


class OpeningReader(io.RawIOBase):
    """Reads what a ``SealingWriter`` wrote; nothing is given out that is not proven."""

    def __init__(self, source: IO[bytes], passphrases: Passphrases, *, bound_to: bytes) -> None:
        """Read the header.

        Raises: BackupDamaged when it is no such file.
        """
        header = source.read(len(MAGIC) + SALT_BYTES)
        if len(header) != len(MAGIC) + SALT_BYTES or not header.startswith(MAGIC):
            raise BackupDamaged("The token's file does not begin as one of ours.")
        self._source = source
        self._key = passphrases.key(header[len(MAGIC) :])
        self._context = header + bound_to
        self._piece = memoryview(b"")
        self._count = 0
        self._is_last = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override] # a narrower buffer
        """Fill a buffer.

        Raises: WrongPassphrases when the first piece does not open; BackupDamaged for a later one.
        """
        if not self._piece and not self._is_last:
            self._piece = memoryview(self._next())
        count = min(len(buffer), len(self._piece))
        buffer[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count

    def _next(self) -> bytes:
        head = self._source.read(5)
        if len(head) != 5:
            raise BackupDamaged("The token's file is cut off.")
        is_last, length = struct.unpack(">?I", head)
        sealed = self._source.read(length) if length <= PIECE_BYTES + TAG_BYTES else b""
        try:
            piece = self._key.decrypt(_nonce(self._count, is_last=is_last), sealed, self._context)
        except InvalidTag as error:
            if self._count == 0:
                raise WrongPassphrases("The passphrases are not those of this backup, or its files changed.") from error
            raise BackupDamaged("The token's file was changed.") from error
        self._count += 1
        self._is_last = is_last
        return piece


def _nonce(count: int, *, is_last: bool) -> bytes:
    return struct.pack(">IQ", int(is_last), count)
