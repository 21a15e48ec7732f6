"""One WHEP link: somebody who looks, or a camera that listens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.api import EndReason, Layer
from genba.session.peer.peer import Peer
from genba.session.publishing.choice import Asked, Wish
from genba.session.publishing.sender import Sender, SenderStats
from genba.session.publishing.stream import Stream
from genba.session.publishing.tuner import Tuner
from genba.wire.counts import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genba.session.compositor.mixer import Mix
    from genba.session.encoder.layer import VideoLayer
    from genba.session.encoder.layers import Layers
    from genba.session.mediaclock import MediaClock
    from genba.session.peer.offer import Kind, Pick
    from genba.session.peer.socket import PeerSocket
    from genba.wire.viewing import Viewing

ASKED = Asked()
HD = 720  # lines; above it the answer names H.264 level 4.0


@dataclass(frozen=True, slots=True)
class ViewerStats:
    """What one viewer gets; None: that m-line was not taken. ``rtt`` is in seconds."""

    codec: str
    rtt: float | None
    cipher: str
    video: SenderStats | None
    audio: SenderStats | None


class Viewer:
    """Owned by whoever opened it; ``peer.closed`` tells of its end. On the event loop."""

    peer: Peer

    def __init__(self, layers: Layers, clock: MediaClock, mix: Mix, asked: Asked) -> None:
        """Use ``open``."""
        self._layers = layers
        self._clock = clock
        self._mix = mix
        self._asked = asked
        self._tuner: Tuner | None = None
        self._cname = secrets.token_urlsafe(12)  # one for both: what belongs together in time
        self._senders: dict[str, Sender] = {}
        self.codec = ""

    @classmethod
    async def open(
        cls,
        socket: PeerSocket,
        offer: str,
        layers: Layers,
        clock: MediaClock,
        *,
        mix: Mix,
        with_video: bool = True,
        asked: Asked = ASKED,
    ) -> Viewer:
        """Answer an offer: H.264 where it is offered, else VP8; ``mix`` as Opus.

        Without ``with_video`` pictures are refused and only sound is sent. Raises
        ``offer.malformed`` and ``offer.unacceptable``.
        """
        viewer = cls(layers, clock, mix, asked)
        kinds: tuple[Kind, ...] = ("audio", "video") if with_video else ("audio",)
        viewer.peer = await Peer.answer_to(
            socket,
            offer,
            role="view",
            make=viewer._make,
            kinds=kinds,
            above_720=layers.view.height > HD or asked.wish is Wish.HIGH,
        )
        return viewer

    @property
    def viewing(self) -> Viewing | None:
        """What it asked for and what it is sent; None: no picture at all."""
        return self._tuner.viewing() if self._tuner is not None else None

    def ask(self, wish: Wish) -> None:
        """Have the picture in another quality, soon."""
        if self._tuner is not None:
            self._tuner.ask(wish)

    def look(self, rates: Mapping[VideoLayer, int]) -> bool:
        """Send what the link carries, and say whether that changed; ``rates`` in bit/s."""
        sender = self._senders.get("video")
        if self._tuner is None or sender is None or not self.peer.standing:
            return False
        return self._tuner.look(sender, self.peer, rates)

    def stats(self) -> ViewerStats:
        """Return how it does."""
        video, audio = self._senders.get("video"), self._senders.get("audio")
        return ViewerStats(
            self.codec,
            self.peer.rtt,
            self.peer.cipher,
            video.stats if video else None,
            audio.stats if audio else None,
        )

    def counts(self) -> Counts:
        """Return what was counted since the link was opened."""
        all_stats = [sender.stats for sender in self._senders.values()]
        return Counts(
            peer_dropped=self.peer.dropped,
            viewer_dropped=sum(stats.dropped for stats in all_stats),
            packets_nacked=sum(stats.nacked for stats in all_stats),
            packets_resent=sum(stats.resent for stats in all_stats),
            keys_from_viewers=sum(stats.key_requests for stats in all_stats),
        )

    async def close(self, reason: EndReason = EndReason.STOPPED) -> None:
        """Hang up; idempotent."""
        await self.peer.close(reason)

    def _make(self, peer: Peer, pick: Pick) -> Sender:
        if pick.kind == "video":
            self._tuner = Tuner(self._layers, Layer(pick.name), self._clock, self._asked)
            layer = self._tuner.layer
            layer.warm()  # while the call is being set up
            stream, request_key = layer.fanout.shared(Stream), layer.request_key
            self.codec = pick.name
        else:
            stream, request_key = self._layers.sound(self._mix).fanout.shared(Stream), None
            self.codec = self.codec or pick.name
        sender = Sender(
            peer,
            pick,
            stream=stream,
            clock=self._clock,
            cname=self._cname,
            request_key=request_key,
        )
        self._senders[pick.kind] = sender
        return sender
