"""What waits for a plugin that reads packets; bounded, on the event loop."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.api import Packet

PICTURES = 8
SOUNDS = 25  # half a second


class PacketQueue:
    """A sink, and an async iterator that goes on until its reader leaves."""

    def __init__(self) -> None:
        """Begin empty."""
        self._packets: deque[Packet] = deque()
        self._came = asyncio.Event()

    def push(self, packet: Packet) -> None:
        """Let one packet wait."""
        self._packets.append(packet)
        self._came.set()

    def __aiter__(self) -> Self:
        """Read from here."""
        return self

    async def __anext__(self) -> Packet:
        """Return the oldest packet, as soon as there is one."""
        while not self._packets:
            self._came.clear()
            await self._came.wait()
        return self._packets.popleft()


class PictureQueue(PacketQueue):
    """Begins with a key picture; when it is full, all is dropped up to the next one."""

    def __init__(self, request_key: Callable[[], None]) -> None:
        """Ask by ``request_key`` when a new beginning is needed."""
        super().__init__()
        self._request_key = request_key
        self._waiting = True

    def push(self, packet: Packet) -> None:
        """Let one picture wait, unless it would be of no use."""
        if len(self._packets) >= PICTURES:
            self._packets.clear()
            self._waiting = True
            if not packet.key:
                self._request_key()
        if self._waiting and not packet.key:
            return
        self._waiting = False
        super().push(packet)


class SoundQueue(PacketQueue):
    """When it is full, the oldest goes."""

    def push(self, packet: Packet) -> None:
        """Let one packet wait."""
        if len(self._packets) >= SOUNDS:
            self._packets.popleft()
        super().push(packet)
