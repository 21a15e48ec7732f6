"""A plain WHIP and WHEP end on aiortc, for the pages' own tests: moving pictures, no server."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING

import numpy as np
from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import VideoFrame

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack


class Bars(VideoStreamTrack):
    """Four coloured quarters and a white bar that moves."""

    async def recv(self) -> VideoFrame:
        """Return the next picture of 640x360."""
        await self.next_timestamp()  # 15 pictures a second are movement enough
        pts, time_base = await self.next_timestamp()
        picture = np.zeros((360, 640, 3), np.uint8)
        picture[:180, :320] = (46, 84, 120)
        picture[:180, 320:] = (84, 104, 60)
        picture[180:, :320] = (112, 76, 48)
        picture[180:, 320:] = (40, 46, 56)
        at = pts // 900 % 620
        picture[:, at : at + 20] = 235
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Rtc:
    """Answers offers; ``links`` are open ones, ``received`` counts pictures that came in."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.links: dict[str, RTCPeerConnection] = {}
        self.offers: list[str] = []
        self.received = 0
        self.patched = 0
        self.tasks: set[asyncio.Task[None]] = set()

    def add(self, router: web.UrlDispatcher) -> None:
        """Add both resources."""
        for name in ("whip", "whep"):
            router.add_post(f"/{name}", self._post)
            router.add_patch(f"/{name}/{{id}}", self._patch)
            router.add_delete(f"/{name}/{{id}}", self._delete)

    async def close(self) -> None:
        """End every link."""
        for peer in tuple(self.links.values()):
            await peer.close()
        self.links.clear()
        for task in tuple(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _post(self, request: web.Request) -> web.Response:
        offer = await request.text()
        self.offers.append(offer)
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.on("track", self._track)
        if request.path == "/whep" and "m=video" in offer:
            peer.addTrack(Bars())
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        name = secrets.token_urlsafe(8)
        self.links[name] = peer
        return web.Response(
            status=201,
            text=peer.localDescription.sdp,
            content_type="application/sdp",
            headers={"Location": f"{request.path}/{name}", "ETag": '"e1"'},
        )

    async def _patch(self, request: web.Request) -> web.Response:
        assert request.headers["If-Match"] == '"e1"'
        self.patched += 1
        return web.Response(status=204)

    async def _delete(self, request: web.Request) -> web.Response:
        peer = self.links.pop(request.match_info["id"], None)
        if peer is None:
            return web.Response(status=404)
        await peer.close()
        return web.Response()

    def _track(self, track: MediaStreamTrack) -> None:
        if track.kind != "video":
            return
        task = asyncio.create_task(self._count(track), name="pages:count")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _count(self, track: MediaStreamTrack) -> None:
        from aiortc.mediastreams import MediaStreamError

        try:
            while True:
                await track.recv()
                self.received += 1
        except MediaStreamError:
            return
