"""One camera's WHIP link."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Literal

from genba.api.events import EndReason
from genba.session.camera.audio import AudioInput
from genba.session.camera.decoder import PATIENT, Decoder
from genba.session.camera.gate import Gate
from genba.session.camera.lipsync import LipSync
from genba.session.camera.rate import Rate
from genba.session.camera.sound import SoundBuffer
from genba.session.camera.stats import LinkStats
from genba.session.camera.timeline import SenderClock
from genba.session.camera.video import VideoInput
from genba.session.peer import Peer
from genba.wire.counts import Counts

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.camera.slot import FrameSlot
    from genba.session.camera.unit import AccessUnit
    from genba.session.mediaclock import MediaClock
    from genba.session.peer import PeerSocket, Pick
    from genba.session.peer.offer import Kind

log = logging.getLogger(__name__)
WARM = 30.0  # seconds that pictures are still decoded after the last who needed them


def _always() -> bool:
    return True


class CameraLink:
    """A peer, its receivers and the thread that decodes; whoever opens it closes it.

    ``sound`` is None where the offer has no sound. All on the event loop.
    """

    peer: Peer

    def __init__(
        self,
        clock: MediaClock,
        slot: FrameSlot,
        on_unit: Callable[[AccessUnit], None] | None,
        on_sound: Callable[[bytes, float], None] | None = None,
        *,
        wanted: Callable[[], bool] = _always,
        warm: float = WARM,
    ) -> None:
        """Use ``open``."""
        self.sound: SoundBuffer | None = None
        self.first_picture = asyncio.Event()
        self._clock = clock
        self._tap = on_unit
        self._sound_tap = on_sound
        self._video: VideoInput | None = None
        self._audio: AudioInput | None = None
        self._gate = Gate(self.request_key)
        self._sender = SenderClock()
        self._sync = LipSync(clock.now)
        self._wanted = wanted
        self._warm = warm
        self._wanted_at = self._unseen = clock.monotonic()
        self._came = Rate()
        self._decoder = Decoder("decoder", slot, self.first_picture.set, self.request_key)

    @classmethod
    async def open(
        cls,
        socket: PeerSocket,
        offer: str,
        clock: MediaClock,
        slot: FrameSlot,
        *,
        start_kbps: int = 2500,
        on_unit: Callable[[AccessUnit], None] | None = None,
        on_sound: Callable[[bytes, float], None] | None = None,
        on_sound_only: bool = False,
        wanted: Callable[[], bool] = _always,
        warm: float = WARM,
    ) -> CameraLink:
        """Answer a publisher's offer (``link.peer.answer``); raises what ``Peer.answer_to`` does.

        ``on_unit`` gets every picture as it was coded, before any is dropped for a slow decoder;
        it must not block. ``on_sound`` gets every Opus packet and its media time, likewise.
        ``on_sound_only`` takes the sound alone, whatever else is offered; an
        offer without video is taken as it is. The slot then stays as it was. ``wanted`` is asked
        with each picture whether anybody needs it decoded; ``warm`` seconds after the last yes
        nothing is, and the slot is empty, until the next.
        """
        link = cls(clock, slot, on_unit, on_sound, wanted=wanted, warm=warm)
        kinds: tuple[Kind, ...] = ("audio",) if on_sound_only else ("audio", "video")
        link.peer = await Peer.answer_to(
            socket,
            offer,
            "publish",
            link._make,
            kinds=kinds,
            start_kbps=start_kbps,
        )
        if link._video is not None:
            slot.sync = link._sync
        return link

    def stats(self) -> LinkStats:
        """Return the figures of now."""
        decoder, peer = self._decoder, self.peer
        inputs = [one for one in (self._video, self._audio) if one is not None]
        main = self._video or self._audio
        now = time.monotonic()
        last = self._last()
        return LinkStats(
            codec=main.pick.name if main else "",
            width=decoder.width,
            height=decoder.height,
            fps=(self._came if decoder.resting else decoder.rate).fps(now),
            kbps=round(sum(one.reception.kbps for one in inputs)),
            loss=main.reception.loss if main else 0.0,
            rtt_ms=None if peer.rtt is None else round(peer.rtt * 1000),
            has_audio=self._audio is not None and self._audio.reception.received > 0,
            cipher=peer.cipher,
            last_picture_age=None if last is None else max(0.0, now - last),
            pictures=decoder.pictures,
            fault=self._gate.fault,
        )

    def _last(self) -> float | None:
        """Return when the newest good picture came; one that nobody sees need not be decoded."""
        if self._decoder.resting:
            return self._came.last
        last = self._decoder.rate.last
        return None if last is None else max(last, self._unseen)

    @property
    def resting(self) -> bool:
        """Whether nothing is decoded, because nobody needs it."""
        return self._decoder.resting

    def counts(self) -> Counts:
        """Return what was counted since the link was opened."""
        decoder, video, audio = self._decoder, self._video, self._audio
        sound = self.sound.stats if self.sound is not None else None
        return Counts(
            peer_dropped=self.peer.dropped,
            decoder_dropped=decoder.dropped,
            decoder_refused=decoder.refused + self._gate.refused,
            decoder_failed=decoder.errors,
            packets_received=sum(i.reception.received for i in (video, audio) if i is not None),
            packets_recovered=video.counts.recovered if video is not None else 0,
            keys_to_cameras=video.request_key.asked if video is not None else 0,
            sound_concealed=sound.concealed + sound.recovered if sound is not None else 0,
            sound_silent=sound.silent if sound is not None else 0,
        )

    @property
    def form(self) -> tuple[Literal["h264", "vp8"], str] | None:
        """The pictures' codec and, of H.264, their profile-level-id; None without pictures."""
        if self._video is None:
            return None
        profile = self._video.pick.codec.parameters.get("profile-level-id", "")
        return self._video.codec, str(profile).lower()

    def request_key(self) -> None:
        """Ask the camera for a key picture, at most four times a second."""
        if self._video is not None:
            self._video.request_key()

    async def close(self, reason: EndReason = EndReason.STOPPED) -> None:
        """Hang up and return when the decode thread has ended. Idempotent."""
        await self.peer.close(reason)
        self._decoder.stop()
        await self._decoder.join()

    def unit(self, unit: AccessUnit) -> None:
        """Take a picture from the receiver: through the gate, to the tap, then to the decoder."""
        if not self._gate.passes(unit):
            return
        if self._tap is not None:
            try:
                self._tap(unit)
            except Exception:
                self._tap = None
                log.exception("a camera's tap failed and is taken off")
        now = self._clock.monotonic()
        self._came.note(now)
        if self._wanted():
            self._wanted_at = now
        if now - self._wanted_at > self._warm:
            self._decoder.rest()
            self._unseen = now
        else:
            self._decoder.put(unit)

    def _heard(self, data: bytes, time: float) -> None:
        if self._sound_tap is not None:
            try:
                self._sound_tap(data, time)
            except Exception:
                self._sound_tap = None
                log.exception("a camera's sound tap failed and is taken off")

    def ended(self) -> None:
        """Hear that no more pictures come."""
        self._decoder.stop()

    def _make(self, peer: Peer, pick: Pick) -> VideoInput | AudioInput:
        if pick.kind == "video":
            self._video = VideoInput(peer, pick, self._clock, self, self._sender)
            if not self._video.can_ask:
                self._decoder.behind = PATIENT
            return self._video
        self.sound = SoundBuffer(self._sync)
        self._audio = AudioInput(peer, pick, self.sound, self._clock, self._heard, self._sender)
        return self._audio
