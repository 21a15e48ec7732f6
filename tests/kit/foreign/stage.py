"""A session on a real server with one camera of ours, beside which foreign ones come and go."""

from __future__ import annotations

import asyncio
import io
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np
from PIL import Image

from tests.kit.realserver import RealServer, real_server
from tests.kit.rtc import Publisher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

LIMIT = 25.0  # seconds for anything that should come
OURS, THEIRS = 1, 2  # slots


@dataclass
class Stage:
    """``session`` runs on ``server``; our own camera is live in slot 1."""

    server: RealServer
    session: str

    async def invite(self, slot: int = THEIRS, name: str = "外") -> tuple[str, str]:
        """Return where a camera sends and its ticket."""
        made = await self.server.call(
            "POST", f"/sessions/{self.session}/invitations", {"slot": slot, "name": name}
        )
        return made["whip"], made["camera_token"]

    async def desk(self) -> tuple[str, str]:
        """Return where a supporter looks and the ticket."""
        made = await self.server.call("POST", f"/sessions/{self.session}/ticket")
        return made["whep"], made["ticket"]

    async def state(self) -> dict[str, Any]:
        """Return what is true now."""
        found: dict[str, Any] = await self.server.call("GET", f"/sessions/{self.session}")
        state: dict[str, Any] = found["state"]
        return state

    async def slot(
        self, good: Callable[[dict[str, Any]], object], n: int = THEIRS
    ) -> dict[str, Any]:
        """Return a slot once it is as wished; the last of it is the reason where that never is."""
        found: dict[str, Any] = {}
        try:
            async with asyncio.timeout(LIMIT):
                while True:
                    found = (await self.state())["slots"][n - 1]
                    if good(found):
                        return found
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise AssertionError(f"slot {n} stayed {found}") from None

    async def is_(self, state: str, n: int = THEIRS) -> dict[str, Any]:
        """Return a slot once it is in a state."""
        return await self.slot(lambda slot: slot["state"] == state, n)

    async def goes_on(self, n: int = OURS) -> None:
        """Return once a camera has shown that it delivers now."""
        before = (await self.state())["slots"][n - 1]["last_picture"]
        await self.slot(lambda s: s["state"] == "live" and s["last_picture"] != before, n)

    async def still(self, slot: int = 0) -> np.ndarray[Any, Any]:
        """Return what a camera shows now, or the view: rows of RGB."""
        call, base = self.server.call, self.server.base
        made = await call("POST", f"/sessions/{self.session}/stills", {"slot": slot})
        bearer = {"Authorization": f"Bearer {self.server.token}"}
        where = f"{base}/api/v1/stills/{made['id']}/file"
        async with aiohttp.ClientSession() as http, http.get(where, headers=bearer) as got:
            assert got.status == 200
            return np.asarray(Image.open(io.BytesIO(await got.read())).convert("RGB"))

    async def free(self, n: int = THEIRS) -> None:
        """Take a camera out."""
        await self.server.call("DELETE", f"/sessions/{self.session}/cameras/{n}")
        await self.is_("empty", n)


async def post(url: str, ticket: str, offer: str) -> tuple[int, str]:
    """Send an offer; return the status and the body."""
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {ticket}"}
    async with aiohttp.ClientSession() as http, http.post(url, data=offer, headers=headers) as got:
        return got.status, await got.text()


@asynccontextmanager
async def stage(data: Path) -> AsyncIterator[Stage]:
    """Start a server, open a session, and have our camera live there."""
    async with real_server(data) as server:
        session = (await server.call("POST", "/sessions", {"name": "外から"}))["id"]
        set_up = Stage(server, session)
        url, ticket = await set_up.invite(OURS, "内")

        async def answer(offer: str) -> str:
            status, text = await post(url, ticket, offer)
            assert status == 201, json.loads(text)
            return text

        async with Publisher(answer, "VP8", fps=10):
            await set_up.is_("live", OURS)
            yield set_up
