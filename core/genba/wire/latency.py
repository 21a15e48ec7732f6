"""The parts of a picture's way through a session, and how long each takes."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Stage(StrEnum):
    """One part of the way, in the order of the way. What cameras and screens add is not known here.

    ``NETWORK`` is from the capture until the picture is whole and in turn: half the round trip,
    and what it came later than the fastest one of the last seconds. ``DECODE`` holds the wait for
    the decoder too, ``SLOT`` the wait for the sound and the next tick, ``COMPOSE`` what the tick
    came too late, ``ENCODE`` the way to the event loop. ``SEND`` ends when the picture was handed
    to all links; large ones may then be paced. ``LOOK`` is all of a close look's: from the last
    packet's arrival until it was handed on.
    """

    NETWORK = "network"
    DECODE = "decode"
    SLOT = "slot"
    COMPOSE = "compose"
    ENCODE = "encode"
    SEND = "send"
    LOOK = "look"


class Spread(BaseModel):
    """Mean and 95th percentile over the last five seconds, in milliseconds."""

    model_config = ConfigDict(frozen=True)
    mean_ms: float
    p95_ms: float
