"""One offer, one answer, one call."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, TypeAlias

import pylibsrtp

from genba.api.events import EndReason
from genba.session.peer.answer import write_answer
from genba.session.peer.dtls import Dtls
from genba.session.peer.feedback import BitrateFeedback, TransportFeedback
from genba.session.peer.fragment import read_fragment
from genba.session.peer.ice import IceLite
from genba.session.peer.offer import ABS_SEND_TIME, TRANSPORT_CC, Offer, Pick, read_offer
from genba.session.peer.outgoing import Outgoing
from genba.session.peer.part import Part, ReceivingPart, SendingPart

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from genba.session.peer.offer import Kind, Role
    from genba.session.peer.socket import PeerSocket
    from genba.session.peer.train import Train

log = logging.getLogger(__name__)

Make: TypeAlias = "Callable[[Peer, Pick], Part]"

WATCH = 2.0  # seconds between looks at a connected peer: still there? how far away?


class Peer:
    """A call from the offer on; owned by whoever made it, closed with its socket at the latest.

    ``connected`` is set when the handshake is done, ``closed`` when everything has stopped; then
    ``reason`` says why. All on the event loop.
    """

    def __init__(self, socket: PeerSocket, offer: Offer, role: Role) -> None:
        """Use ``answer_to``."""
        self.id = secrets.token_urlsafe(12)
        self.etag = f'"{secrets.token_urlsafe(12)}"'
        self.role = role
        self.answer = ""
        self.cipher = ""
        self.parts: dict[str, Part] = {}
        self.connected = asyncio.Event()
        self.closed = asyncio.Event()
        self.reason = EndReason.STOPPED
        self._socket = socket
        self._offer = offer
        self._ice = IceLite(socket, offer.ufrag, offer.password)
        # Who offers setup:active wants to begin; else we do, once we know where the peer is.
        client = offer.dtls.role != "client"
        self._setup = "active" if client else "passive"
        self._dtls = Dtls(self._ice, socket.certificate, client=client)
        self._feedback: TransportFeedback | BitrateFeedback | None = None
        self.outgoing = Outgoing(socket, self._ice, self._dtls)
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._stopped = False

    @classmethod
    async def answer_to(
        cls,
        socket: PeerSocket,
        offer: str,
        role: Role,
        make: Make,
        *,
        kinds: Collection[Kind] = ("audio", "video"),
        start_kbps: int = 0,
        above_720: bool = False,
        vp8_first: bool = False,
        only: tuple[str, str] | None = None,
    ) -> Peer:
        """Answer an offer; the peer then connects by itself, or closes after the deadline.

        ``make`` is called for each m-line that is taken; ``kinds`` limits which are, and ``only``
        which codec of pictures (see ``choose``). Raises
        ``offer.malformed`` (400), ``offer.unacceptable`` (406) and whatever ``make`` raises.
        """
        read = read_offer(
            offer, role, kinds=kinds, above_720=above_720, vp8_first=vp8_first, only=only
        )
        peer = cls(socket, read, role)
        try:
            peer._open(make, start_kbps)
        except BaseException:
            peer._ice.close()
            for part in peer.parts.values():
                part.stop()
            raise
        return peer

    @property
    def dropped(self) -> int:
        """How many datagrams did not fit into the receive queue."""
        return self._ice.dropped

    @property
    def standing(self) -> bool:
        """Whether its parts are started and not yet stopped."""
        return self.connected.is_set() and not self._stopped

    @property
    def heard(self) -> bool:
        """Whether an authenticated check has come."""
        return self._ice.route is not None

    @property
    def rtt(self) -> float | None:
        """The round trip in seconds, smoothed; None while it is not known."""
        return self._ice.rtt

    @property
    def errors(self) -> int:
        """How many authenticated packets were not usable."""
        return self._dtls.errors

    async def trickle(self, fragment: str) -> None:
        """Take an sdpfrag; raise ``ice.restart`` where it begins another call."""
        read_fragment(fragment, self._offer.ufrag, self._offer.password)

    async def close(self, reason: EndReason = EndReason.STOPPED) -> None:
        """Say goodbye; return when everything has stopped. Idempotent: the first reason stays."""
        if self._closing or self.closed.is_set() or self._task is None:
            await self.closed.wait()
            return
        self._closing = True
        self.reason = reason
        self._task.cancel()
        await asyncio.wait([self._task])
        if not self.closed.is_set():  # it was cancelled before its first step
            await self._stop()

    @property
    def ready(self) -> bool:
        """Whether a picture that is given to ``send`` now can leave soon."""
        return self.outgoing.ready

    @property
    def available(self) -> int:
        """Bit/s that the way to this peer carries by the estimate; 0 while unknown."""
        return self.outgoing.estimate.available

    def send(self, train: Train) -> bool:
        """Protect and send a train, or let it wait for its turn where it is paced.

        False: it, or the rest of it, was dropped (the socket or the queue is full, no route).
        """
        return self.outgoing.send(train)

    @property
    def probing(self) -> bool:
        """Whether ``available`` is tried beyond what is sent, so that it knows of room."""
        return self._dtls.told is not None and self.outgoing.filler is not None

    def fill(self, filler: Callable[[int], Train | None] | None) -> None:
        """Have padding of about so many bytes made by ``filler``, to try what the way carries."""
        self.outgoing.filler = filler

    def hear_remb(self, bitrate: int, sending: int) -> None:
        """Take the peer's own estimate, while ``sending`` bit/s go to it."""
        if self._dtls.told is None:
            self.outgoing.hear_remb(bitrate, sending)

    def hear_loss(self, loss: float, sending: int) -> None:
        """Take the loss (0 to 1) of a peer's report, while ``sending`` bit/s go to it."""
        if self._dtls.told is None:
            self.outgoing.hear_loss(loss, sending)

    def send_rtcp(self, data: bytes) -> None:
        """Protect and send one compound RTCP packet; dropped unless connected."""
        srtp, route = self._dtls.outgoing, self._ice.route
        if srtp is None or route is None:
            return
        try:
            self._socket.send(srtp.protect_rtcp(data), route)
        except pylibsrtp.Error as error:
            log.debug("an RTCP packet was not protected: %s", error)

    def _open(self, make: Make, start_kbps: int) -> None:
        picks = self._offer.taken
        for pick in picks:
            part = make(self, pick)
            self.parts[pick.kind] = part
            self._route(pick, part)
        self._dtls.know_extensions(picks)
        if self.role == "publish":
            self._watch_congestion(picks)
        elif any(TRANSPORT_CC in pick.extensions for pick in picks):
            self._dtls.told = self.outgoing.hear
        self.answer = write_answer(
            self._offer,
            self.role,
            self.parts,
            addresses=self._socket.addresses,
            port=self._socket.port,
            ufrag=self._ice.ufrag,
            password=self._ice.password,
            fingerprint=self._socket.fingerprint.value,
            setup=self._setup,
            start_kbps=start_kbps,
        )
        self._socket.peers.add(self)
        self._task = asyncio.create_task(self._run(), name=f"peer {self.id}")

    def _route(self, pick: Pick, part: Part) -> None:
        router = self._dtls.router
        if self.role == "view":
            if not isinstance(part, SendingPart):
                raise TypeError(f"{type(part).__name__} cannot send")
            router.add_sender(part, (part._ssrc, part.rtx_ssrc))  # noqa: SLF001  aiortc's name
            return
        if not isinstance(part, ReceivingPart):
            raise TypeError(f"{type(part).__name__} cannot receive")
        types = [pick.payload_type]
        if pick.rtx is not None and pick.rtx.payloadType is not None:
            types.append(pick.rtx.payloadType)
        router.add_receiver(part, pick.mid, pick.ssrcs, types)

    def _watch_congestion(self, picks: list[Pick]) -> None:
        if any(TRANSPORT_CC in pick.extensions for pick in picks):
            self._feedback = TransportFeedback(self.send_rtcp)
        elif any(ABS_SEND_TIME in pick.extensions for pick in picks if pick.kind == "video"):
            self._feedback = BitrateFeedback(self.send_rtcp)
        if self._feedback is not None:
            self._dtls.every.append(self._feedback.see)

    async def _run(self) -> None:
        reason = EndReason.LOST
        try:
            async with asyncio.timeout(self._socket.deadline):
                await self._ice.ready.wait()
                reason = EndReason.FAILED
                await self._dtls.start(self._offer.dtls)
            if self._dtls.state == "connected":
                self._ice.settle()
                self.cipher = self._dtls.cipher
                self.connected.set()
                for part in self.parts.values():
                    part.start()
                self._ice.media = self._dtls.receive
                self._ice.told = self._dtls.hear if self._dtls.told is not None else None
                reason = await self._until_gone()
        except TimeoutError:
            log.info("peer %s did not connect in time", self.id)
        except Exception:
            reason = EndReason.FAILED
            log.exception("peer %s broke", self.id)
        finally:
            if not self._closing:
                self.reason = reason
            await self._stop()

    async def _until_gone(self) -> EndReason:
        """Wait for the peer's goodbye, or for its silence."""
        ended = asyncio.Event()
        self._dtls.on("statechange", ended.set)
        loop = asyncio.get_running_loop()
        while self._dtls.state == "connected":
            self._ice.ping()
            try:
                async with asyncio.timeout(min(WATCH, self._socket.consent / 4)):
                    await ended.wait()
            except TimeoutError:
                if loop.time() - self._ice.heard > self._socket.consent:
                    return EndReason.LOST
        return EndReason.LEFT

    async def _stop(self) -> None:
        self._stopped = True
        for part in self.parts.values():
            try:
                part.stop()
            except Exception:
                log.exception("a part of peer %s did not stop cleanly", self.id)
        self.outgoing.stop()
        if self._feedback is not None:
            self._feedback.stop()
        try:
            await self._dtls.stop()
        finally:
            self._ice.close()
            self._socket.peers.discard(self)
            self.closed.set()
