"""One demo camera: publishes by WHIP with aiortc's ordinary peer, and comes back when cut off."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import aiohttp
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription

from genba.demo.tracks import PictureTrack, ToneTrack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from concurrent.futures import Executor

    from genba.demo.studio import Studio

log = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0  # seconds between tries
PATIENT = 3  # tries in a row that fail before it is worth a line
GOODBYE, RESPITE = 2.0, 60.0  # seconds: see Camera._sent_away
CONNECT = 15.0  # seconds that an offer gets until media flows
LOOK_EVERY, DEAF = 0.5, 3.0  # the server reports at least each second or so; so long is silence


class RefusedError(Exception):
    """The server answered the offer with something else than 201."""


class Camera:
    """Sends one studio's pictures and one tone with one camera token."""

    def __init__(
        self,
        whip: str,
        token: str,
        studio: Studio,
        tone: Sequence[bytes],
        pool: Executor,
    ) -> None:
        """Remember; nothing starts before ``run``. The token goes into a header only."""
        self._whip, self._bearer = whip, {"Authorization": f"Bearer {token}"}
        self._studio, self._tone, self._pool = studio, tone, pool

    async def run(self, http: aiohttp.ClientSession, stop: asyncio.Event) -> None:
        """Publish until ``stop``; a link that breaks or is refused is tried again."""
        tries = 0
        while not stop.is_set():
            try:
                async with self._link(http) as (peer, lost):
                    tries = 0
                    await self._hold(peer, lost, stop)
                    gone = lost.is_set()  # asked here: our own close is to set it too
                if gone and await self._sent_away(http, stop):
                    await _either(stop, timeout=RESPITE)
            except (aiohttp.ClientError, RefusedError, TimeoutError, OSError, ValueError) as error:
                tries += 1
                if tries == PATIENT:
                    log.warning("a camera is away: %s: %s", type(error).__name__, error)
            await _either(stop, timeout=min(FIRST_PAUSE * 2**tries, LONGEST_PAUSE))

    async def _sent_away(self, http: aiohttp.ClientSession, stop: asyncio.Event) -> bool:
        """Say whether the server said goodbye and goes on: somebody wants this camera's place.

        Then it is left free for a minute. A server that restarts says goodbye as well, and is not
        there a moment later.
        """
        if await _either(stop, timeout=GOODBYE):
            return False
        try:
            async with asyncio.timeout(GOODBYE), http.options(self._whip) as answer:
                return answer.status < 500  # noqa: PLR2004 (HTTP: the server's own failures)
        except (aiohttp.ClientError, TimeoutError):
            return False

    @asynccontextmanager
    async def _link(
        self, http: aiohttp.ClientSession
    ) -> AsyncIterator[tuple[RTCPeerConnection, asyncio.Event]]:
        """Yield a connection that is up, with the event that tells of its end."""
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        picture, tone = PictureTrack(self._studio, self._pool), ToneTrack(self._tone)
        up, lost = asyncio.Event(), asyncio.Event()

        def changed() -> None:
            if peer.connectionState == "connected":
                up.set()
            elif peer.connectionState in {"failed", "closed"}:
                lost.set()  # on our own close too, when nobody listens any more

        peer.on("connectionstatechange", changed)
        where: str | None = None
        try:
            self._add(peer, picture, tone)
            await peer.setLocalDescription(await peer.createOffer())
            where, answer = await self._post(http, peer.localDescription.sdp)
            await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            if not await _either(up, lost, timeout=CONNECT) or lost.is_set():
                raise TimeoutError("no connection for media")
            yield peer, lost
        finally:
            picture.stop()
            tone.stop()
            await peer.close()
            if where is not None:
                await self._delete(http, where)

    @staticmethod
    def _add(peer: RTCPeerConnection, picture: PictureTrack, tone: ToneTrack) -> None:
        transceiver = peer.addTransceiver(picture, direction="sendonly")
        codecs = RTCRtpSender.getCapabilities("video").codecs
        transceiver.setCodecPreferences(
            [c for c in codecs if c.mimeType in {"video/H264", "video/rtx"}]
        )
        # aiortc tells its own encoder of a PLI, and a track of finished packets has none.
        transceiver.sender._send_keyframe = picture.want_key  # type: ignore[method-assign]  # noqa: SLF001
        peer.addTransceiver(tone, direction="sendonly")

    async def _post(self, http: aiohttp.ClientSession, offer: str) -> tuple[str, str]:
        headers = {**self._bearer, "Content-Type": "application/sdp"}
        async with http.post(self._whip, data=offer.encode(), headers=headers) as answer:
            body = await answer.text()
            if answer.status != 201:  # noqa: PLR2004 (RFC 9725: Created)
                raise RefusedError(f"{answer.status} {body[:200]}")
            return urljoin(self._whip, answer.headers["Location"]), body

    async def _delete(self, http: aiohttp.ClientSession, where: str) -> None:
        """Say goodbye; a server that is gone has heard it already."""
        try:
            async with asyncio.timeout(2), http.delete(where, headers=self._bearer):
                pass
        except (aiohttp.ClientError, TimeoutError) as error:
            log.debug("goodbye was not heard: %s", error)

    async def _hold(
        self, peer: RTCPeerConnection, lost: asyncio.Event, stop: asyncio.Event
    ) -> None:
        """Return when the link is lost, when the server has fallen silent, or at ``stop``."""
        loop = asyncio.get_running_loop()
        heard, newest = loop.time(), None
        while not await _either(lost, stop, timeout=LOOK_EVERY):
            reports = (await peer.getStats()).values()
            latest = max(
                (r.timestamp for r in reports if r.type == "remote-inbound-rtp"), default=None
            )
            if latest != newest:
                heard, newest = loop.time(), latest
            elif newest is not None and loop.time() - heard > DEAF:
                log.warning("the server has fallen silent; connecting again")
                return


async def _either(*events: asyncio.Event, timeout: float) -> bool:  # noqa: ASYNC109 (no error)
    """Wait for one of ``events``; say whether one came in time."""
    waits = [asyncio.create_task(event.wait(), name="demo:wait") for event in events]
    try:
        done, _ = await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return bool(done)
