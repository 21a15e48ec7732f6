"""One WHEP link that shows one camera, as it sends."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from genba.api import EndReason
from genba.errors import GenbaError
from genba.session.peer.offer import read_offer
from genba.session.peer.peer import Peer
from genba.session.publishing.sender import Sender, SenderStats
from genba.session.publishing.stream import Stream
from genba.wire.counts import Counts

if TYPE_CHECKING:
    from genba.session.mediaclock import MediaClock
    from genba.session.peer.offer import Kind, Pick
    from genba.session.peer.socket import PeerSocket
    from genba.session.publishing.passage import Passage

PICTURES: tuple[Kind, ...] = ("video",)


class Look:
    """Owned by whoever opened it; ``peer.closed`` tells of its end. On the event loop."""

    peer: Peer

    def __init__(self, passage: Passage, clock: MediaClock) -> None:
        """Use ``open``."""
        self.passage = passage
        self._clock = clock
        self._sender: Sender | None = None

    @classmethod
    async def open(
        cls,
        socket: PeerSocket,
        offer: str,
        passage: Passage,
        clock: MediaClock,
        *,
        profile: str = "",
    ) -> Look:
        """Answer an offer with the camera's own codec, and no sound: that of the view goes on.

        ``profile`` is the camera's profile-level-id where it sends H.264: a viewer has to know
        that profile or a greater one. Raises ``offer.malformed``, ``offer.unacceptable`` and
        ``camera.codec``.
        """
        look = cls(passage, clock)
        try:
            look.peer = await Peer.answer_to(
                socket,
                offer,
                role="view",
                make=look._make,
                kinds=PICTURES,
                above_720=True,  # a phone that is turned or set anew may send more than it does now
                only=(passage.codec, profile),
            )
        except GenbaError as error:
            if error.code == "offer.unacceptable":
                read_offer(offer, "view", kinds=PICTURES)  # raises where more than that is amiss
                raise GenbaError("camera.codec", f"It sends {passage.codec}.") from None
            raise
        return look

    def stats(self) -> SenderStats:
        """Return how the sending does."""
        return self._sender.stats if self._sender is not None else SenderStats()

    def counts(self) -> Counts:
        """Return what was counted since the link was opened."""
        stats = self.stats()
        return Counts(
            peer_dropped=self.peer.dropped,
            viewer_dropped=stats.dropped,
            packets_nacked=stats.nacked,
            packets_resent=stats.resent,
            keys_from_viewers=stats.key_requests,
        )

    async def close(self, reason: EndReason = EndReason.STOPPED) -> None:
        """Hang up; idempotent."""
        await self.peer.close(reason)

    def _make(self, peer: Peer, pick: Pick) -> Sender:
        self._sender = Sender(
            peer,
            pick,
            stream=self.passage.fanout.shared(Stream),
            clock=self._clock,
            cname=secrets.token_urlsafe(12),
            request_key=self.passage.request_key,
        )
        return self._sender
