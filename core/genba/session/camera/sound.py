"""A camera's sound, from packets that come when they like to samples that are always there."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from genba.session.camera.opus import RATE, STEP, open_decoder, samples_in
from genba.session.camera.pace import Pace

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genba.session.camera.lipsync import LipSync

BLOCK = 960  # samples: 20 ms
LOW, HIGH = 0.040, 0.500  # seconds of delay
FIRST = 0.080  # the same, before anything is known
MARGIN = 0.010  # seconds more than the jitter asks for
HELD = 256  # packets; more: the oldest go
KNOWN = 128  # packets whose second coming is noticed
ANEW = 10 * RATE  # a jump of the RTP time by more begins a new stream
FADE = 5  # blocks that are concealed before a gap becomes silence
PAUSE = 2  # bytes of a packet that says that nobody speaks (RFC 6716, 2.1.9)
WAIT = RATE // 5  # how late sound may become by waiting for packets
LEAP = RATE // 4  # how far off it may be before all between is dropped
_QUICK, _SLOW = 0.5, 0.002  # shares by which the delay follows the jitter up and down


@dataclass(slots=True)
class SoundStats:
    """Counts, in packets or blocks; ``delay`` in seconds from capture to mixing."""

    received: int = 0
    late: int = 0
    played: int = 0
    recovered: int = 0  # from in-band FEC
    concealed: int = 0
    paused: int = 0  # the sender said that nobody speaks
    silent: int = 0
    dropped: int = 0
    stretched: int = 0
    delay: float = 0.080


class SoundBuffer:
    """An adaptive jitter buffer with concealment; ``put`` on the loop, ``get`` on one other thread.

    What is due at a moment of the media clock follows from when it was captured, so sound neither
    creeps away nor leaves its picture: ``sync`` tells how long that is under way. The delay
    follows the jitter, quickly up and slowly down, by lengthening and shortening what is played.
    """

    def __init__(self, sync: LipSync | None = None) -> None:
        """Begin silent; without ``sync`` there is no picture."""
        self._decoder = open_decoder()
        self.conceals = self._decoder.conceals
        self._sync = sync
        self._lock = threading.Lock()
        self._packets: dict[int, bytes] = {}
        self._known: deque[int] = deque(maxlen=KNOWN)
        self._last: int | None = None  # the newest RTP time
        self._play: int | None = None  # the RTP time of what is decoded next
        self._offset = 0.0  # from RTP time in seconds to media time
        self._want = FIRST
        self._delay = self._want
        self._gap = 0
        self._pausing = False
        self._started = False
        self._left: NDArray[np.int16] = np.empty(0, np.int16)
        self._pace = Pace()
        self._stats = SoundStats()

    @property
    def stats(self) -> SoundStats:
        """A copy of the counts. Any thread."""
        with self._lock:
            return replace(self._stats, delay=self._delay)

    def reset(self) -> None:
        """Hear that a new stream begins."""
        with self._lock:
            self._forget()

    def put(self, ts: int, data: bytes, arrival: float, moment: float) -> None:
        """Take one Opus packet and its extended RTP time.

        ``arrival``, now, and ``moment``, when its first sample was captured, are media times.
        """
        if not samples_in(data):
            return
        with self._lock:
            self._stats.received += 1
            if self._last is not None and abs(ts - self._last) > ANEW:
                self._forget()
            if ts in self._known:
                return  # it came twice
            self._known.append(ts)
            self._last = max(ts, self._last or ts)
            self._offset = moment - ts / RATE
            self._follow_jitter(arrival - moment)
            if self._play is not None and ts < self._play:
                self._stats.late += 1
                return
            self._packets[ts] = data
            while len(self._packets) > HELD:
                del self._packets[min(self._packets)]
                self._stats.dropped += 1

    def get(self, moment: float) -> bytes:
        """Return what is due at a media time: 20 ms, and each call 20 ms later.

        960 samples, int16 little endian, mono, 48 kHz. Never blocks.
        """
        with self._lock:
            self._delay = min(HIGH, self._want)
            if self._sync is not None:
                self._delay = min(HIGH, self._sync.delay(self._delay, moment))
        while len(self._left) < BLOCK:
            self._left = np.concatenate((self._left, self._next(moment)))
        block, self._left = self._left[:BLOCK], self._left[BLOCK:]
        return block.astype("<i2", copy=False).tobytes()

    def _forget(self) -> None:
        self._packets.clear()
        self._known.clear()
        self._last = self._play = None
        self._gap = 0
        self._pausing = self._started = False

    def _follow_jitter(self, way: float) -> None:
        """Leave time for the block, too: its last sample is wanted together with its first."""
        needed = way + BLOCK / RATE + MARGIN
        self._want += (needed - self._want) * (_QUICK if needed > self._want else _SLOW)
        self._want = min(HIGH, max(LOW, self._want))

    def _next(self, moment: float) -> NDArray[np.int16]:
        """Return one packet's worth, or what stands for it."""
        with self._lock:
            if not self._packets and self._play is None:
                return np.zeros(BLOCK, np.int16)
            goal = round((moment - self._delay - self._offset) * RATE) + len(self._left)
            play, late = self._find(goal)
            data = self._packets.pop(play, None)
            following = None
            if data is not None:
                self._gap = 0
                self._started, self._pausing = True, len(data) <= PAUSE
                samples = samples_in(data)
                self._play = play + samples
                self._stats.played += 1
            else:
                samples, following = self._miss(play, late)
        # Only this thread decodes, so the lock is not held meanwhile: the loop never waits for it.
        if data is not None:
            block = self._decoder.decode(data) or self._decoder.conceal(samples)
        else:
            block = self._fill(samples, following)
        wave = self._pace.keep(np.frombuffer(block, "<i2"), late)
        with self._lock:
            self._stats.stretched = self._pace.changed
        return wave

    def _find(self, goal: int) -> tuple[int, int]:
        """Return where to go on, and by how many samples that is later than it should be."""
        play = goal if self._play is None else self._play
        late = goal - play
        if abs(late) > LEAP:
            play, late = goal, 0
        first = min(self._packets, default=play)
        if play < first <= play + late or 0 < first - play < STEP:
            # What is missing before the next packet was filled while waiting for it, or is less
            # than concealment can fill.
            late -= first - play
            play = first
        for ts in [ts for ts in self._packets if ts < play]:
            del self._packets[ts]
            self._stats.dropped += 1
        return play, late

    def _miss(self, play: int, late: int) -> tuple[int, bytes | None]:
        """Decide what stands for a missing packet; return its length and the packet after it."""
        self._gap += 1
        nothing = b"" if self._started and (self._pausing or self._gap <= FADE) else None
        first = min(self._packets, default=None)
        if first is None:
            # Ran dry: wait at this place, so that what comes late can still be played.
            self._play = play + BLOCK if late >= WAIT else play
            return BLOCK, nothing
        whole, gap = samples_in(self._packets[first]), first - play
        if self._started and gap == whole:
            self._play = first
            return gap, self._packets[first]
        samples = min(BLOCK, gap - whole if gap > whole + STEP else gap) // STEP * STEP
        self._play = play + samples
        return samples, nothing

    def _fill(self, samples: int, following: bytes | None) -> bytes:
        """Make samples out of the next packet's FEC, of nothing (b""), or silence (None)."""
        if following is None:
            self._count(silent=1)
            return bytes(samples * 2)
        if following and (block := self._decoder.recover(following, samples)):
            self._count(recovered=1)
            return block
        self._count(**{"paused" if self._pausing else "concealed": 1})
        return self._decoder.conceal(samples) or bytes(samples * 2)

    def _count(self, **more: int) -> None:
        with self._lock:
            for name, count in more.items():
                setattr(self._stats, name, getattr(self._stats, name) + count)
