"""Sums over all sessions that this web process has heard of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genba.wire.counts import Counts

if TYPE_CHECKING:
    from genba.wire.state import Figures, SessionState


@dataclass(frozen=True, slots=True)
class Sums:
    """What has added up; a web process that was started again begins with what is running."""

    counts: Counts = field(default_factory=Counts)
    ticks: int = 0
    late_ticks: int = 0
    key_frames: int = 0


class Totals:
    """Sums that never fall while sessions end and come back. On the event loop."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._gone = Sums()
        self._live: dict[str, tuple[int, Figures]] = {}

    def see(self, state: SessionState) -> None:
        """Take a session's newest figures; a new epoch counts from nothing."""
        known = self._live.get(state.session)
        if known is not None and known[0] != state.epoch:
            self._gone = _plus(self._gone, known[1])
        self._live[state.session] = (state.epoch, state.figures)

    def ended(self, session: str) -> None:
        """Keep what an ended session has counted."""
        known = self._live.pop(session, None)
        if known is not None:
            self._gone = _plus(self._gone, known[1])

    def sums(self) -> Sums:
        """Return the sums of now."""
        total = self._gone
        for _, figures in self._live.values():
            total = _plus(total, figures)
        return total


def _plus(sums: Sums, figures: Figures) -> Sums:
    return Sums(
        Counts.sum((sums.counts, figures.counts)),
        sums.ticks + figures.ticks,
        sums.late_ticks + figures.late_ticks,
        sums.key_frames + figures.key_frames,
    )
