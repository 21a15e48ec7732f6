"""Stock aiortc peers: a camera that publishes, and a viewer that counts decoded pictures.

Both stay on 127.0.0.1. ``answer`` is whatever turns an offer into an answer: a server in this
process, or a POST.
"""

from __future__ import annotations

import asyncio
import contextvars
import fractions
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Self

import aioice.ice
import av
import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from av.packet import Packet
    from av.stream import Stream

    Answer = Callable[[str], Awaitable[str]]

VIDEO_CLOCK = fractions.Fraction(1, 90_000)
AUDIO_CLOCK = fractions.Fraction(1, 48_000)


def picture(number: int, width: int = 320, height: int = 240) -> av.VideoFrame:
    """Return a picture that differs from that of any number nearby: a bar that moves."""
    frame = av.VideoFrame(width, height, "yuv420p")
    luma = np.full((height, frame.planes[0].line_size), 60, np.uint8)
    at = number * 8 % width
    luma[:, at : at + 40] = 200
    frame.planes[0].update(luma.tobytes())
    for plane in frame.planes[1:]:
        plane.update(bytes([128]) * plane.buffer_size)
    return frame


def encode_h264(
    count: int, width: int = 320, height: int = 240, *, fps: int = 30, gop: int = 30
) -> list[bytes]:
    """Encode moving pictures as constrained baseline: Annex B access units, one a picture."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = VIDEO_CLOCK, fractions.Fraction(fps)
    codec.gop_size, codec.thread_count, codec.bit_rate = gop, 1, 800_000
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": "scenecut=0:repeat-headers=1",
    }
    units = []
    for number in range(count):
        frame = picture(number, width, height)
        frame.pts, frame.time_base = number * 90_000 // fps, VIDEO_CLOCK
        units += [bytes(packet) for packet in codec.encode(frame)]
    units += [bytes(packet) for packet in codec.encode(None)]
    return units


class _Paced(MediaStreamTrack):
    """A track whose ``n``-th item is due ``n`` steps after the first."""

    step = 1 / 30

    def __init__(self) -> None:
        super().__init__()
        self.number = -1
        self._start = 0.0

    async def due(self) -> int:
        if self.readyState != "live":
            raise MediaStreamError
        self.number += 1
        self._start = self._start or time.monotonic()
        await asyncio.sleep(max(0, self._start + self.number * self.step - time.monotonic()))
        return self.number


class PictureTrack(_Paced):
    """Moving pictures, which the sender encodes."""

    kind = "video"

    def __init__(self, width: int = 320, height: int = 240, fps: int = 15) -> None:
        super().__init__()
        self.size = (width, height)
        self.step = 1 / fps

    async def recv(self) -> av.VideoFrame:
        number = await self.due()
        frame = picture(number, *self.size)
        frame.pts, frame.time_base = round(number * self.step * 90_000), VIDEO_CLOCK
        return frame


class UnitTrack(_Paced):
    """Encoded access units, sent as they are, over and over."""

    kind = "video"

    def __init__(self, units: Sequence[bytes], fps: int = 30) -> None:
        super().__init__()
        self.units = units
        self.step = 1 / fps

    async def recv(self) -> Packet[Stream]:
        number = await self.due()
        packet = av.Packet(self.units[number % len(self.units)])
        packet.pts, packet.time_base = round(number * self.step * 90_000), VIDEO_CLOCK
        return packet


class ToneTrack(_Paced):
    """A sine, mono, 20 ms at a time."""

    kind = "audio"
    step = 0.02

    def __init__(self, hertz: float = 440, level: int = 8000) -> None:
        super().__init__()
        self.hertz, self.level = hertz, level

    async def recv(self) -> av.AudioFrame:
        number = await self.due()
        at = (np.arange(960) + number * 960) / 48_000
        wave = (self.level * np.sin(2 * np.pi * self.hertz * at)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, AUDIO_CLOCK
        return frame


_host: contextvars.ContextVar[str] = contextvars.ContextVar("host")
_original = aioice.ice.get_host_addresses
_users = 0  # of the replacement: calls may be set up side by side, and end in any order


@contextmanager
def _only(host: str) -> Iterator[None]:
    """Have this task's peers offer one address."""
    global _users  # noqa: PLW0603  a module's name is what is replaced
    _users += 1
    aioice.ice.get_host_addresses = lambda *_, **__: [_host.get()]
    token = _host.set(host)
    try:
        yield
    finally:
        _host.reset(token)
        _users -= 1
        if not _users:
            aioice.ice.get_host_addresses = _original


class _Connection:
    """An owned RTCPeerConnection: enter to connect, leave to hang up."""

    host = "127.0.0.1"  # the one address that it offers

    def __init__(self, answer: Answer) -> None:
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.offer = ""
        self.answer = ""
        self._ask = answer

    def prepare(self) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        try:
            self.prepare()
            with _only(self.host):
                await self.pc.setLocalDescription(await self.pc.createOffer())
            self.offer = self.pc.localDescription.sdp
            self.answer = await self._ask(self.offer)
            await self.pc.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))
        except BaseException:
            await self.pc.close()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.pc.close()

    async def connected(self, limit: float = 10) -> None:
        """Return once the connection is up."""
        await until(lambda: self.pc.connectionState not in ("new", "connecting"), limit)
        assert self.pc.connectionState == "connected"


class Publisher(_Connection):
    """A camera. ``video`` chooses the codec; ``tracks`` take the place of its own ones."""

    def __init__(
        self,
        answer: Answer,
        video: Literal["H264", "VP8"] | None = "H264",
        *,
        audio: bool = True,
        tracks: Sequence[MediaStreamTrack] = (),
        width: int = 320,
        height: int = 240,
        fps: int = 15,
        more: Callable[[RTCPeerConnection], object] | None = None,
    ) -> None:
        super().__init__(answer)
        self.video, self.more = video, more
        self.tracks = list(tracks)
        if not tracks and video:
            self.tracks.append(PictureTrack(width, height, fps))
        if not tracks and audio:
            self.tracks.append(ToneTrack())

    def prepare(self) -> None:
        if self.more is not None:
            self.more(self.pc)
        for track in self.tracks:
            transceiver = self.pc.addTransceiver(track, direction="sendonly")
            if track.kind == "video":
                wanted = (f"video/{self.video}", "video/rtx")
                codecs = RTCRtpSender.getCapabilities("video").codecs
                transceiver.setCodecPreferences([c for c in codecs if c.mimeType in wanted])

    async def __aexit__(self, *exc: object) -> None:
        for track in self.tracks:
            track.stop()
        await super().__aexit__(*exc)


class Viewer(_Connection):
    """A guest: counts what it decodes, and keeps the last of it."""

    def __init__(
        self,
        answer: Answer,
        codecs: Sequence[str] = ("H264", "VP8"),
        *,
        video: bool = True,
        audio: bool = True,
    ) -> None:
        super().__init__(answer)
        self.codecs, self.wants = codecs, (video, audio)
        self.pictures = 0
        self.sounds = 0
        self.picture: av.VideoFrame | None = None
        self.sound: av.AudioFrame | None = None
        self._changed = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []

    def prepare(self) -> None:
        if self.wants[0]:
            transceiver = self.pc.addTransceiver("video", direction="recvonly")
            wanted = [f"video/{name}" for name in (*self.codecs, "rtx")]
            codecs = RTCRtpSender.getCapabilities("video").codecs
            transceiver.setCodecPreferences([c for c in codecs if c.mimeType in wanted])
        if self.wants[1]:
            self.pc.addTransceiver("audio", direction="recvonly")
        self.pc.on("track", self._on_track)

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.create_task(self._watch(track), name=f"viewer {track.kind}"))

    async def _watch(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            async with self._changed:
                if isinstance(frame, av.VideoFrame):
                    self.pictures, self.picture = self.pictures + 1, frame
                elif isinstance(frame, av.AudioFrame):
                    self.sounds, self.sound = self.sounds + 1, frame
                self._changed.notify_all()

    async def seen(self, pictures: int = 0, sounds: int = 0, limit: float = 10) -> None:
        """Return once so much has been decoded since the beginning."""
        async with asyncio.timeout(limit), self._changed:
            await self._changed.wait_for(
                lambda: self.pictures >= pictures and self.sounds >= sounds
            )

    async def __aexit__(self, *exc: object) -> None:
        await super().__aexit__(*exc)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
