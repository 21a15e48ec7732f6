"""When to ask for packets that are lost, and when for a key picture beside (RFC 4585)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genba.session.camera.reorder import Missing

GRACE = 0.010  # seconds for a packet that was only overtaken; how often to look, too
AGAIN = 0.020  # seconds between two requests for the same packet, or the round trip
PATIENCE = 3  # requests in vain after which a key picture is asked for
TRIES = 8
GIVE_UP = 0.300  # seconds a picture may block the others, and one round trip
ASK_AT_ONCE = 200  # sequence numbers in one NACK


@dataclass(frozen=True, slots=True)
class Turn:
    """What to do now: packets to ask for, ``key`` pictures too; ``over``: it is no use."""

    ask: list[int]
    key: bool
    over: bool


def turn(missing: Mapping[int, Missing], now: float, way: float) -> Turn:
    """Look at what is missing, ``way`` being the round trip in seconds; notes what is asked for.

    A packet goes on being asked for beside the key picture: whichever comes first mends it.
    """
    ask: list[int] = []
    key = False
    again = max(AGAIN, way)
    first = now
    for sequence, packet in missing.items():
        first = min(first, packet.since)
        if now - packet.asked < again:
            continue
        key = key or packet.tries >= PATIENCE
        if packet.tries < TRIES and len(ask) < ASK_AT_ONCE:
            packet.tries += 1
            packet.asked = now
            ask.append(sequence)
    return Turn(ask, key, over=now - first > GIVE_UP + way)
