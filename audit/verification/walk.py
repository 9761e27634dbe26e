"""Going through the rows once, beside the seals that cover them."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

from audit.verification.findings import Progress
from audit.verification.moves import MacMatches
from audit.verification.reading import FIRST_ID, LAST_ID, KeyedRow
from audit.verification.rules import SealRow, is_in

PROGRESS_ROWS: Final = 5_000


class Segment:
    """A range of ids: those that one seal covers, or those between or behind seals."""

    __slots__ = ("bad_ids", "count", "digest", "first_id", "last_id", "last_row", "seal", "twice_ids")

    def __init__(self, first_id: int, last_id: int, seal: SealRow | None, late: Sequence[bytes] = ()) -> None:
        """Begin; ``late`` are ids and keyed hashes of the rows that came late, by ascending id."""
        self.first_id, self.last_id, self.seal = first_id, last_id, seal
        self.count = len(late)
        self.digest = sha256(b"".join(late))
        self.bad_ids: list[int] = []
        self.twice_ids: list[int] = []
        self.last_row: int | None = None

    def take(self, row_id: int, keyed: bytes, *, is_right: bool) -> None:
        """Count a row in."""
        if row_id == self.last_row:
            self.twice_ids.append(row_id)
        self.last_row = row_id
        if not is_right:
            self.bad_ids.append(row_id)
        seal = self.seal
        if seal is None or (seal.missing and is_in(seal.missing, row_id)):
            return
        self.count += 1
        self.digest.update(keyed)

    @property
    def is_right(self) -> bool:
        """Whether all rows were there, each once, each as it was written, and no other."""
        if self.bad_ids or self.twice_ids:
            return False
        if self.seal is None:
            return True
        return self.count == self.seal.row_count and self.digest.digest() == self.seal.rows_digest


def segments_of(seals: Sequence[SealRow], first_id: int, late: dict[int, bytes]) -> list[Segment]:
    """Lay ranges without gap from ``first_id`` to the end of the last seal."""
    segments = []
    for seal in seals:
        if first_id < seal.first_id:
            segments.append(Segment(first_id, seal.first_id - 1, None))
        late_rows = [late[row_id] for row_id in seal.late if row_id in late]
        segments.append(Segment(seal.first_id, seal.last_id, seal, late_rows))
        first_id = max(first_id, seal.last_id + 1)
    return segments


class Walk:
    """The count of rows so far, and who is told of it."""

    def __init__(self, matches: MacMatches, *, total: int, progress: Progress | None) -> None:
        """Begin with no row."""
        self._matches, self._total, self._progress = matches, total, progress
        self.rows = 0

    def over(self, rows: Iterable[KeyedRow], segments: Sequence[Segment]) -> None:
        """Hold rows, by ascending id, against the segments that they lie in."""
        matches = self._matches
        left = _in_order(segments)
        segment = next(left, None)
        for row_id, keyed, message in rows:
            while segment is not None and row_id > segment.last_id:
                segment = next(left, None)
            if segment is None:
                break
            segment.take(row_id, keyed, is_right=matches(message, keyed[8:]))
            self.rows += 1
            if not self.rows % PROGRESS_ROWS:
                self._tell()
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.rows, max(self.rows, self._total))


def _in_order(segments: Sequence[Segment]) -> Iterator[Segment]:
    return iter(sorted(segments, key=lambda segment: segment.first_id))


def beginning(first_seal: int, before: SealRow | None) -> int:
    """Give the first id to examine: the whole log has rows before the first seal's only if they were added."""
    return FIRST_ID if first_seal == 1 or before is None else before.last_id + 1


def tail_segment(first_id: int) -> Segment:
    """Give the range behind the last seal."""
    return Segment(first_id, LAST_ID, None)
