"""How large a picture each camera is worth: what nobody sees larger need not be sent larger."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from genba.session.compositor.layout import arrange
from genba.wire.state import CameraState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from genba.session.compositor.layout import Tile
    from genba.session.seat import Seat
    from genba.wire.state import Layout

FULL, SMALL = 0, 360  # lines of a camera's picture, of its shorter side; 0: all that it has
USUAL = (16, 9)  # the shape of a picture that has not come yet
CALM = 10.0  # seconds that a small one must do before it is asked for; a full one is at once


class Sizing:
    """On the event loop; sets what each seat's camera is asked for (``Seat.lines``)."""

    def __init__(self) -> None:
        """Begin with full size for everybody."""
        self._since: dict[str, float] = {}  # from when on a small picture does, by camera
        self._held: Counter[str] = Counter()

    @contextmanager
    def full(self, camera: str) -> Iterator[None]:
        """Have this camera send all it can meanwhile, from the next ``look`` on."""
        self._held[camera] += 1
        try:
            yield
        finally:
            self._held[camera] -= 1

    def look(
        self,
        seats: Sequence[Seat],
        layout: Layout,
        sizes: Collection[tuple[int, int]],
        kept: Collection[str],
        now: float,
    ) -> bool:
        """Say whether any camera is to be asked for something else than before.

        ``sizes`` are those in which the view is made, ``kept`` the cameras whose own pictures
        somebody records or looks at, ``now`` a moment of a monotonic clock in seconds.
        """
        taken = [s.n for s in seats if s.state is not CameraState.EMPTY]
        tiles = [tile for size in sizes for tile in arrange(layout, taken, *size)]
        changed = False
        for seat in seats:
            camera = seat.camera
            if camera is None:
                continue
            large = any(_large(tile, seat) for tile in tiles if tile.n == seat.n)
            if large or camera in kept or self._held[camera] > 0:
                self._since.pop(camera, None)
                lines = FULL
            else:
                since = self._since.setdefault(camera, now)
                lines = SMALL if now - since >= CALM else seat.lines
            changed |= lines != seat.lines
            seat.lines = lines
        self._forget({s.camera for s in seats if s.camera is not None})
        return changed

    def _forget(self, cameras: Collection[str]) -> None:
        for gone in [camera for camera in self._since if camera not in cameras]:
            del self._since[gone]
        self._held = +self._held


def _large(tile: Tile, seat: Seat) -> bool:
    """Say whether a tile shows more of its camera than a small picture has."""
    stats = seat.link.stats() if seat.link is not None else None
    shape = (stats.width, stats.height) if stats is not None and stats.width else USUAL
    shown = tile.rect.letterbox(*shape)
    return min(shown.width, shown.height) > SMALL
