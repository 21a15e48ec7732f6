"""One mix, encoded once for all who hear it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from genba.api import Packet
from genba.session.encoder.fanout import Fanout
from genba.session.encoder.handover import Handover
from genba.session.encoder.opus import OpusEncoder

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from genba.session.compositor.mixer import Mix

log = logging.getLogger(__name__)

DURATION = 0.02  # seconds of a packet
BEHIND = 25  # packets that the loop may be behind: half a second; then sound is left out


class Mixes(Protocol):
    """Where sound comes from: the mixer."""

    def listen(self, mix: Mix, heard: Callable[[bytes, float], None]) -> Callable[[], None]:
        """Call ``heard(pcm, time)`` every 20 ms until the returned function is called."""
        ...


class _Run:
    """Encodes on the mixer's thread: a block takes a fraction of a millisecond."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, take: Callable[[_Run, Packet], None]
    ) -> None:
        self._opus: OpusEncoder | None = None
        self._ailing = False
        self._handover: Handover[Packet] = Handover(loop, lambda made: take(self, made), BEHIND)
        self.unlisten: Callable[[], None] | None = None

    def heard(self, pcm: bytes, moment: float) -> None:
        if self._handover.full:
            return
        try:
            self._opus = self._opus or OpusEncoder()
            made = self._opus.encode(pcm)
        except Exception:
            if not self._ailing:  # once per trouble, not fifty times a second
                log.exception("the sound encoder failed")
            self._ailing, self._opus = True, None
            return
        self._ailing = False
        for data in made:
            packet = Packet(
                kind="audio", codec="opus", data=data, time=moment, duration=DURATION, key=True
            )
            self._handover.put(packet)


class SoundLayer:
    """Listens to its mix while ``fanout`` has sinks; on the event loop. Opus, 20 ms a packet."""

    def __init__(self, mixer: Mixes, mix: Mix, loop: asyncio.AbstractEventLoop) -> None:
        """Prepare; nothing is heard before the first sink."""
        self.mix = mix
        self.fanout: Fanout[Packet] = Fanout(on_first=self._begin, on_last=self._end)
        self._mixer = mixer
        self._loop = loop
        self._run: _Run | None = None
        self._closed = False

    def close(self) -> None:
        """Listen no more."""
        self._closed = True
        self._end()

    def _begin(self) -> None:
        if self._closed:
            return
        self._run = run = _Run(self._loop, self._deliver)
        run.unlisten = self._mixer.listen(self.mix, run.heard)

    def _end(self) -> None:
        run, self._run = self._run, None
        if run is not None and run.unlisten is not None:
            run.unlisten()

    def _deliver(self, run: _Run, packet: Packet) -> None:
        if run is self._run:
            self.fanout.push(packet)
