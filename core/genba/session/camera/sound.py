"""A camera's sound, from packets that come when they like to samples that are always there."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np

from genba.session.camera.opus import RATE, STEP, open_decoder, samples_in
from genba.session.peer.counter import unwrap

BLOCK = 960  # samples: 20 ms
LOW, HIGH = 0.040, 0.500  # seconds of delay
MARGIN = 0.010  # seconds more than the jitter asks for
HELD = 64  # packets; more: the oldest go
ANEW = 10 * RATE  # a jump of the RTP time by more begins a new stream
FADE = 5  # blocks that are concealed before a gap becomes silence
FAR = 50  # blocks without a packet: begin again with the next one
STRETCH = 0.005  # share by which sound may be stretched: 9 cents of pitch, which nobody hears
LOOSE, TIGHT = 0.015, 0.005  # seconds off at which stretching begins, and ends
SURPLUS = 0.080  # seconds too much at which a block is dropped instead
LEAP = 0.200  # seconds too much at which all of it is dropped: what a sender kept back at first
_CYCLE = 1 << 32


@dataclass(slots=True)
class SoundStats:
    """Counts, in packets or blocks; ``delay`` in seconds."""

    received: int = 0
    late: int = 0
    played: int = 0
    recovered: int = 0  # from in-band FEC
    concealed: int = 0
    silent: int = 0
    dropped: int = 0
    stretched: int = 0
    delay: float = 0.060


class SoundBuffer:
    """An adaptive jitter buffer with concealment; ``put`` on the loop, ``get`` on one other thread.

    The play position is in RTP time, so a pause of the sender (DTX) and lost packets look
    alike. The delay follows the jitter, quickly up and slowly down; a clock that runs faster or
    slower than ours is met by stretching, too little to be heard.
    """

    def __init__(self) -> None:
        """Begin silent."""
        self._decoder = open_decoder()
        self.conceals = self._decoder.conceals
        self._lock = threading.Lock()
        self._packets: dict[int, bytes] = {}
        self._play: int | None = None
        self._last: int | None = None
        self._fastest: float | None = None
        self._want = 0.060
        self._depth = self._want
        self._off = 0.0
        self._gap = 0
        self._started = False
        self._left = b""
        self._edge = 0
        self._stats = SoundStats()

    @property
    def stats(self) -> SoundStats:
        """A copy of the counts. Any thread."""
        with self._lock:
            return replace(self._stats, delay=self._want)

    def reset(self) -> None:
        """Hear that a new stream begins."""
        with self._lock:
            self._forget()
            self._last = None

    def put(self, seq: int, ts: int, data: bytes, arrival: float) -> None:  # noqa: ARG002
        """Take one Opus packet: RTP time (32 bits) and ``time.monotonic()`` of its arrival.

        ``seq`` is not looked at: the RTP time says where the packet belongs, also after a pause.
        """
        samples = samples_in(data)
        if not samples:
            return
        with self._lock:
            self._stats.received += 1
            # begins one cycle up, so that packets from before the first one are no negative times
            at = ts + _CYCLE if self._last is None else unwrap(ts, self._last, 32)
            if self._last is None or abs(at - self._last) > ANEW:
                self._forget()
                self._last = at
            self._last = max(self._last, at)
            self._follow_jitter(arrival - at / RATE, samples)
            if self._play is None:
                self._play = at - round(self._want * RATE)
                self._depth = self._want
            if at < self._play:
                self._stats.late += 1
                return
            self._packets[at] = data
            while len(self._packets) > HELD:
                del self._packets[min(self._packets)]
                self._stats.dropped += 1

    def get(self) -> bytes:
        """Return the next 20 ms: 960 samples, int16 little endian, mono, 48 kHz. Never blocks."""
        while len(self._left) < BLOCK * 2:
            self._left += self._next()
        block, self._left = self._left[: BLOCK * 2], self._left[BLOCK * 2 :]
        return block

    def _forget(self) -> None:
        self._packets.clear()
        self._play = None
        self._fastest = None
        self._gap = 0
        self._started = False

    def _follow_jitter(self, transit: float, samples: int) -> None:
        """Take the fastest packets' transit for the way; what others need beyond it is jitter."""
        fastest = transit if self._fastest is None else min(transit, self._fastest + 0.0002)
        self._fastest = fastest
        needed = transit - fastest + samples / RATE + MARGIN
        self._want += (needed - self._want) * (0.5 if needed > self._want else 0.002)
        self._want = min(HIGH, max(LOW, self._want))

    def _next(self) -> bytes:
        """Return one packet's worth, or what stands for it."""
        with self._lock:
            play = self._play
            if play is None:
                return bytes(BLOCK * 2)
            play = self._align(self._adapt(play))
            data = self._packets.pop(play, None)
            if data is not None:
                self._gap = 0
                self._started = True
                self._play = play + samples_in(data)
                self._stats.played += 1
                following = None
                samples = samples_in(data)
            else:
                samples, following = self._miss(play)
            off = self._off
        # Only this thread decodes, so the lock is not held meanwhile: the loop never waits for it.
        if data is not None:
            block = self._decoder.decode(data) or self._decoder.conceal(samples)
        else:
            block = self._fill(samples, following)
        return self._stretch(block, off)

    def _adapt(self, play: int) -> int:
        """Compare the depth with the wanted one; drop a packet where it is far too much."""
        newest = max(self._packets, default=play)
        self._depth += ((newest - play) / RATE - self._depth) * 0.02
        error = self._depth - self._want
        if abs(error) > LOOSE or (self._off and abs(error) > TIGHT):
            self._off = STRETCH if error > 0 else -STRETCH
        else:
            self._off = 0.0
        if error > LEAP:
            goal = newest - round(self._want * RATE) // STEP * STEP
            for at in [at for at in self._packets if at < goal]:
                del self._packets[at]
                self._stats.dropped += 1
            self._depth = self._want
            self._play = play = max(play, goal)
        elif error > SURPLUS and len(self._packets) > 2:  # noqa: PLR2004
            gone = self._packets.pop(play, None)
            skipped = samples_in(gone) if gone else BLOCK
            self._depth -= skipped / RATE
            self._stats.dropped += 1
            self._play = play = play + skipped
        return play

    def _align(self, play: int) -> int:
        """Drop what was passed by; step over less than concealment can fill."""
        for at in [at for at in self._packets if at < play]:
            del self._packets[at]
            self._stats.late += 1
        first = min(self._packets, default=play)
        return first if first - play < STEP else play

    def _miss(self, play: int) -> tuple[int, bytes | None]:
        """Decide what stands for a missing packet; return its length and the packet after it."""
        self._gap += 1
        nothing = b"" if self._started and self._gap <= FADE else None
        first = min(self._packets, default=None)
        if first is None:
            # Ran dry: wait at this place, so that what comes late can still be played.
            if self._gap > FAR:
                self._forget()
            return BLOCK, nothing
        samples = min(BLOCK, first - play) // STEP * STEP
        self._play = play + samples
        if self._started and first == play + samples:
            return samples, self._packets[first]
        return samples, nothing

    def _fill(self, samples: int, following: bytes | None) -> bytes:
        """Make samples out of the next packet's FEC, of nothing (b""), or silence (None)."""
        if following is None:
            self._count(silent=1)
            return bytes(samples * 2)
        if following and (block := self._decoder.recover(following, samples)):
            self._count(recovered=1)
            return block
        self._count(concealed=1)
        return self._decoder.conceal(samples) or bytes(samples * 2)

    def _count(self, *, silent: int = 0, recovered: int = 0, concealed: int = 0) -> None:
        with self._lock:
            self._stats.silent += silent
            self._stats.recovered += recovered
            self._stats.concealed += concealed

    def _stretch(self, block: bytes, off: float) -> bytes:
        """Shorten (off > 0) or lengthen a block, continuing from the last sample before it."""
        if not block:
            return block
        edge = self._edge
        self._edge = int.from_bytes(block[-2:], "little", signed=True)
        if not off:
            return block
        wave = np.frombuffer(block, "<i2")
        count = round(len(wave) * (1 - off))
        with self._lock:
            self._stats.stretched += 1
        given = np.concatenate(([edge], wave))
        places = np.arange(1, count + 1) * (len(wave) / count)
        stretched: bytes = np.interp(places, np.arange(len(given)), given).astype("<i2").tobytes()
        return stretched
