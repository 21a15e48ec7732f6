"""What links that are gone have counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.wire.counts import Counts

if TYPE_CHECKING:
    from collections.abc import Iterable


class Tally:
    """Keeps a sum that never falls although links come and go. On the event loop."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._gone = Counts()

    def gone(self, last: Counts) -> None:
        """Take what a link has counted until its end."""
        self._gone = Counts.sum((self._gone, last))

    def total(self, live: Iterable[Counts]) -> Counts:
        """Return the sum with that of the links that are open."""
        return Counts.sum((self._gone, *live))
