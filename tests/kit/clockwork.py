"""Time that passes as fast as a test can work, and cameras that live in it."""

from __future__ import annotations

import fractions
import functools
import heapq
import itertools
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from aiortc.codecs.h264 import H264Encoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import RtcpSenderInfo, RtcpSrPacket, RtpPacket

from genba.session.camera import FrameSlot, SoundBuffer
from genba.session.camera.audio import AudioInput
from genba.session.camera.lipsync import LipSync
from genba.session.camera.timeline import SenderClock
from genba.session.camera.video import VideoInput
from genba.session.mediaclock import NTP_EPOCH, MediaClock
from genba.session.peer import Pick
from tests.kit.pictures import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.camera import AccessUnit
    from genba.session.peer import Peer

CYCLE = 10.0  # seconds of the sound card's clock between two beeps
BEEP = 0.15  # seconds that beep and flash last
WAY = 0.030  # seconds that the network takes at least
DECODING = 0.004
WALL = 1_760_000_000.0


class World:
    """What happens, in order; ``now`` is monotonic time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.clock = MediaClock(lambda: self.now, lambda: WALL)
        self._todo: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def at(self, time: float, do: Callable[[], None]) -> None:
        """Have something done at a time."""
        heapq.heappush(self._todo, (time, next(self._count), do))

    def every(self, step: float, do: Callable[[int], None], first: float = 0.0) -> None:
        """Have something done over and over; it hears how often it was done before."""
        start = self.now + first

        def again(number: int) -> None:
            do(number)
            self.at(start + (number + 1) * step, lambda: again(number + 1))

        self.at(start, lambda: again(0))

    def run(self, until: float) -> None:
        """Let time pass."""
        while self._todo and self._todo[0][0] <= until:
            self.now, _, do = heapq.heappop(self._todo)
            do()
        self.now = until


@dataclass(frozen=True)
class Nature:
    """What a camera and its way are like; clocks as a share of ours that they run faster."""

    wall: float = 0.0
    card: float = 0.0
    reports: bool = True
    picture_jitter: float = 0.030
    sound_jitter: float = 0.070
    encoding: float = 0.020  # seconds from a picture to its packets
    phase: float = 1.0  # when in its cycle it beeps
    hertz: float = 1000.0
    loss: float = 0.0
    seed: int = 1


@functools.cache
def beeps(phase: float, hertz: float) -> tuple[bytes, ...]:
    """Return the Opus packets of one cycle."""
    at = np.arange(round(2 * CYCLE * 48_000)) / 48_000
    into = (at - phase) % CYCLE
    wave = np.where(into < BEEP, 9000 * np.sin(2 * np.pi * hertz * into), 0).astype(np.int16)
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = 48_000, "mono", "s16", 24_000
    codec.options = {"application": "voip", "fec": "1", "packet_loss": "5"}
    made = []
    for n, block in enumerate(wave.reshape(-1, 960)):
        frame = av.AudioFrame.from_ndarray(block.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, n * 960
        frame.time_base = fractions.Fraction(1, 48_000)
        made += [bytes(packet) for packet in codec.encode(frame)]
    return tuple(made[len(made) // 2 :])


@functools.cache
def lights() -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the RTP payloads of a dark and a bright picture; each is a key picture."""
    found = []
    for luma in (30, 220):
        codec = av.CodecContext.create("libx264", "w")
        assert isinstance(codec, av.VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = 64, 48, "yuv420p"
        codec.time_base, codec.thread_count = fractions.Fraction(1, 30), 1
        codec.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        frame = plain(64, 48, (luma, 128, 128))
        frame.pts = 0
        unit = b"".join(bytes(packet) for packet in [*codec.encode(frame), *codec.encode(None)])
        found.append(tuple(H264Encoder._packetize(H264Encoder._split_bitstream(unit))))
    return found[0], found[1]


class _Peer:
    rtt = 0.0

    def send_rtcp(self, data: bytes) -> None:
        """Nobody hears it."""


@dataclass
class ClockCamera:
    """A phone with clocks of its own, its way, and all that receives it except the network.

    It beeps and flashes once a cycle; ``flashes`` tells when it began to beep and when the first
    bright picture was taken, both in media time.
    """

    world: World
    nature: Nature
    slot: FrameSlot = field(init=False)
    sound: SoundBuffer = field(init=False)
    units: list[AccessUnit] = field(default_factory=list)
    flashes: list[tuple[float, float]] = field(default_factory=list)
    on_unit: Callable[[AccessUnit], None] = lambda _unit: None
    on_sound: Callable[[bytes, float], None] = lambda _data, _time: None

    def __post_init__(self) -> None:
        world, nature = self.world, self.nature
        self._chance = random.Random(nature.seed)  # noqa: S311  a network
        self._began = world.now
        self._zero = self._chance.random() * 1000
        self._first = {"video": 0xFFFF_FFFF - 90_000 * 20, "audio": 0xFFFF_FFFF - 48_000 * 25}
        self._arrived = 0.0
        self._bright = False
        sender, sync = SenderClock(), LipSync(world.clock.now)
        self.slot = FrameSlot()
        self.slot.sync = sync
        self.sync = sync
        self.sound = SoundBuffer(sync)
        peer = cast("Peer", _Peer())
        self.video = VideoInput(peer, _pick("H264", 96), world.clock, self, sender)
        self.audio = AudioInput(
            peer, _pick("opus", 111), self.sound, world.clock, self._heard, sender
        )
        decoder = av.CodecContext.create("h264", "r")
        assert isinstance(decoder, av.VideoCodecContext)
        self._decoder = decoder
        self._opus = beeps(nature.phase, nature.hertz)
        world.every(1 / 30 / (1 + nature.wall), self._take_picture)
        world.every(0.02 / (1 + nature.card), self._take_sound)
        if nature.reports:
            world.at(world.now + 0.7, lambda: self._report("video"))
            world.at(world.now + 1.9, lambda: self._report("audio"))

    def unit(self, unit: AccessUnit) -> None:
        """Decode a picture, which takes a while."""
        self.on_unit(unit)
        packet = av.Packet(unit.data)
        for frame in self._decoder.decode(packet):
            show = functools.partial(self.slot.put, frame, unit.time)
            self.world.at(self.world.now + DECODING, show)

    def ended(self) -> None:
        """Hear that no more come."""

    def _heard(self, data: bytes, time: float) -> None:
        self.on_sound(data, time)

    def _passed(self, kind: str) -> float:
        """Return what a clock of the camera says since the beginning."""
        rate = self.nature.wall if kind == "video" else self.nature.card
        return (self.world.now - self._began) * (1 + rate)

    def _ts(self, kind: str) -> int:
        return self._first[kind] + round(
            self._passed(kind) * (90_000 if kind == "video" else 48_000)
        )

    def _take_picture(self, number: int) -> None:
        world, nature = self.world, self.nature
        into = (self._passed("audio") - nature.phase) % CYCLE
        bright = into < BEEP and self._passed("audio") > CYCLE / 2
        if bright and not self._bright:
            taken = world.clock.now()
            self.flashes.append((taken - into / (1 + nature.card), taken))
        self._bright = bright
        payloads, ts = lights()[bright], self._ts("video")
        delay = nature.encoding + WAY + nature.picture_jitter * self._chance.random()
        self._arrived = max(self._arrived, world.now + delay)
        for index, payload in enumerate(payloads):
            packet = RtpPacket(
                96,
                int(index == len(payloads) - 1),
                (number * len(payloads) + index) & 0xFFFF,
                ts & 0xFFFF_FFFF,
                7,
                payload,
            )
            world.at(self._arrived, lambda packet=packet: self.video.on_rtp(packet, world.now))  # type: ignore[misc]

    def _take_sound(self, number: int) -> None:
        world, nature = self.world, self.nature
        data = self._opus[number % len(self._opus)]
        packet = RtpPacket(111, 0, number & 0xFFFF, self._ts("audio") & 0xFFFF_FFFF, 8, data)
        delay = 0.02 + 0.005 + WAY + nature.sound_jitter * self._chance.random()
        if self._chance.random() >= nature.loss:
            world.at(world.now + delay, lambda: self.audio.on_rtp(packet, world.now))

    def _report(self, kind: str) -> None:
        world = self.world
        ntp = WALL + NTP_EPOCH + self._zero + self._passed("video")
        ntp += 0.002 * (self._chance.random() - 0.5)  # nobody asks all clocks at once
        info = RtcpSenderInfo(int(ntp * 2**32), self._ts(kind) & 0xFFFF_FFFF, 1, 1)
        into, ssrc = (self.video, 7) if kind == "video" else (self.audio, 8)
        delay = WAY + self.nature.picture_jitter * self._chance.random()
        world.at(world.now + delay, lambda: _finish(into, RtcpSrPacket(ssrc, info)))
        world.at(world.now + 1 + 4 * self._chance.random(), lambda: self._report(kind))


def _finish(part: VideoInput | AudioInput, packet: RtcpSrPacket) -> None:
    """Run what is a coroutine for aiortc's sake, and waits for nothing."""
    try:
        part._handle_rtcp_packet(packet).send(None)
    except StopIteration:
        return
    raise AssertionError("it waits")


def _pick(name: str, number: int) -> Pick:
    kind, rate = ("audio", 48_000) if name == "opus" else ("video", 90_000)
    codec = RTCRtpCodecParameters(f"{kind}/{name}", rate, 2 if name == "opus" else None, number)
    return Pick(kind, "0", codec, None, "", {}, (), 0)  # type: ignore[arg-type]
