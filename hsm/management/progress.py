"""Progress of long commands over protected rows, as bars with rate and time left."""

from types import TracebackType
from typing import Never, Self

from tqdm import tqdm


class Bars:
    """One bar a table and pass; none where the output is no terminal, so that no log file is filled."""

    def __init__(self) -> None:
        """Start with no table."""
        self._bar: tqdm[Never] | None = None

    def __call__(self, table: str, *, rows: int, total: int | None = None) -> None:
        """Show ``rows`` more; a ``total`` begins a bar."""
        if self._bar is None or total is not None:
            self.close()
            self._bar = tqdm(desc=table, total=total, initial=rows, unit=" rows", disable=None)
        else:
            self._bar.update(rows)

    def close(self) -> None:
        """End the bar that stands."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
