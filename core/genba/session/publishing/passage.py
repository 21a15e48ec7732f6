"""One camera's coded pictures on their way out, undecoded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from genba.api import Packet
from genba.session.encoder.fanout import Fanout

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.camera.unit import AccessUnit

_RATE = 90_000
_DRIFT = 2.0  # seconds that a camera's clock may run away before its pictures are placed anew
_LEAST = 1 / 1000  # seconds between two pictures, where they are placed anew
_LONGEST = 1.0  # seconds that one picture counts as long


class Passage:
    """Turns units into packets for everybody who looks at this camera; on the event loop.

    Pictures lie apart as the camera's own clock says: unlike their places on the media clock, which
    are learned by and by, those distances never shrink to nothing. Each link of the camera, and a
    clock that ran away, is placed on the media clock anew; time never goes back.
    ``request_key`` is called for each look that begins; who is asked has to be patient itself.
    """

    def __init__(self, codec: Literal["h264", "vp8"], request_key: Callable[[], None]) -> None:
        """Pass on this codec alone."""
        self.codec = codec
        self.request_key = request_key
        self.fanout: Fanout[Packet] = Fanout()
        self._link: object = None
        self._last = float("-inf")
        self._offset = 0.0

    def unit(self, unit: AccessUnit, link: object) -> None:
        """Pass one picture on; ``link`` says which units have one clock."""
        capture = unit.ts / _RATE
        moment = capture + self._offset
        if link is not self._link or abs(moment - unit.time) > _DRIFT or moment <= self._last:
            self._link = link
            moment = max(unit.time, self._last + _LEAST)
            self._offset = moment - capture
        duration = min(_LONGEST, max(0.0, moment - self._last))
        self._last = moment
        self.fanout.push(Packet("video", self.codec, unit.data, moment, duration, unit.key))
