"""One coded picture of a camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """A whole picture as the camera coded it, in order.

    ``data`` is Annex B (h264; a key picture carries its SPS and PPS) or one VP8 frame; ``ts`` is
    the RTP time, 90 kHz, extended so that it never wraps; ``time`` is the moment of capture on
    the session's media clock in seconds; ``arrival`` is the last packet's ``time.monotonic()``.
    ``damaged`` marks the first picture after some were lost; it is always a key picture.
    """

    data: bytes
    ts: int
    time: float
    key: bool
    arrival: float
    damaged: bool
    codec: Literal["h264", "vp8"]
