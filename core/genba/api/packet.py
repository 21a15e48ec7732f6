"""The one thing that flows from an encoder to every sink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Packet:
    """One encoded picture or 20 ms of sound.

    ``data`` is an Annex B access unit (h264), a frame (vp8) or one packet (opus).
    ``time`` is the moment of capture in seconds on the session's media clock, the same for
    picture and sound; ``duration`` is in seconds. ``key`` marks a picture that needs no other;
    an h264 key picture carries its SPS and PPS.
    """

    kind: Literal["video", "audio"]
    codec: Literal["h264", "vp8", "opus"]
    data: bytes
    time: float
    duration: float
    key: bool
