"""A plain WHIP and WHEP end on aiortc, for the pages' own tests: moving pictures, no server."""

from __future__ import annotations

import asyncio
import io
import secrets
from typing import TYPE_CHECKING, Any

import numpy as np
from aiohttp import web
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, VideoStreamTrack
from av import VideoFrame
from PIL import Image

if TYPE_CHECKING:
    from aiortc import MediaStreamTrack

    from genba.errors import GenbaError


class Bars(VideoStreamTrack):
    """Four coloured quarters and a white bar that moves, unless ``going`` is cleared."""

    def __init__(self, going: asyncio.Event) -> None:
        """Move while ``going`` is set."""
        super().__init__()
        self.going = going

    async def recv(self) -> VideoFrame:
        """Return the next picture of 640x360."""
        await self.going.wait()
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
        self.refused: GenbaError | None = None  # what a close look is answered
        self.patched = 0
        self.tasks: set[asyncio.Task[None]] = set()
        self.asked: list[str] = []  # queries of offers
        self.wishes: list[dict[str, Any]] = []
        self.shed: str | None = None
        self.pictures = 0  # single ones that were fetched
        self._going = asyncio.Event()
        self._going.set()

    def hold(self, shed: str | None) -> None:
        """Send no moving picture, for this reason; None: send it again."""
        self.shed = shed
        if shed is None:
            self._going.set()
        else:
            self._going.clear()

    def add(self, router: web.UrlDispatcher) -> None:
        """Add both resources."""
        for name in ("whip", "whep"):
            router.add_post(f"/{name}", self._post)
            router.add_patch(f"/{name}/{{id}}", self._patch)
            router.add_delete(f"/{name}/{{id}}", self._delete)
        router.add_post("/whep/cameras/{camera}", self._post)
        router.add_get("/whep/picture", self._picture)
        router.add_get("/whep/{id}/quality", self._quality)
        router.add_put("/whep/{id}/quality", self._quality)

    async def close(self) -> None:
        """End every link."""
        for peer in tuple(self.links.values()):
            await peer.close()
        self.links.clear()
        for task in tuple(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _post(self, request: web.Request) -> web.Response:
        if self.refused is not None and "camera" in request.match_info:
            raise self.refused
        offer = await request.text()
        self.offers.append(offer)
        self.asked.append(request.query_string)
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        peer.on("track", self._track)
        if request.path.startswith("/whep") and "m=video" in offer:
            peer.addTrack(Bars(self._going))
        await peer.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        name = secrets.token_urlsafe(8)
        self.links[name] = peer
        return web.Response(
            status=201,
            text=peer.localDescription.sdp,
            content_type="application/sdp",
            headers={"Location": f"/{request.path.split('/')[1]}/{name}", "ETag": '"e1"'},
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

    async def _quality(self, request: web.Request) -> web.Response:
        if request.match_info["id"] not in self.links:
            return web.json_response({"code": "link.unknown"}, status=404)
        if request.method == "PUT":
            self.wishes.append(await request.json())
        quality = None if self.shed else "standard"
        return web.json_response({"wish": "auto", "quality": quality, "shed": self.shed})

    async def _picture(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"].startswith("Bearer ")
        self.pictures += 1
        out = io.BytesIO()
        Image.new("RGB", (640, 360), (46, 84, 20 + self.pictures % 200)).save(out, "JPEG")
        return web.Response(body=out.getvalue(), content_type="image/jpeg")

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
