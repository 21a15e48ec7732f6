"""What is known of a camera's link."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkStats:
    """A moment's figures.

    ``fps`` and ``kbps`` are of the last seconds, ``loss`` is a share of packets (0 to 1) before
    any were sent again; ``last_picture_age`` in seconds since a good picture: one that was decoded,
    or, while nobody sees it, one that came.
    """

    codec: str
    width: int
    height: int
    fps: float
    kbps: int
    loss: float
    rtt_ms: int | None
    has_audio: bool
    cipher: str
    last_picture_age: float | None
    pictures: int
    fault: str  # an error code: why pictures that arrive are not taken; empty while they are
