"""Sets the demo's stage on a running server, by the public API alone."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import aiohttp

from genba.demo.places import PLACES

if TYPE_CHECKING:
    from pathlib import Path

    from genba.demo.process import CameraProcess

PATIENCE = 60.0  # seconds until all cameras have to move
LOOK_EVERY = 0.2
BUSY = 503  # HTTP
GUEST_MINUTES = 24 * 60
_NAMES = {"ja": ("デモ", "デモ(空き)"), "en": ("Demo", "Demo (empty)")}


class StageError(RuntimeError):
    """The demo does not come to life, and why."""


class BusyError(StageError):
    """Not now; it may be asked again."""


class Api:
    """The API with its token, which goes into a header only."""

    def __init__(self, http: aiohttp.ClientSession, base: str, token: str) -> None:
        """Take the base, ``…/api/v1``."""
        self._http, self._base = http, base.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Return the answer's object; raises StageError naming what was refused."""
        async with self._http.request(
            method, self._base + path, json=body, headers=self._headers
        ) as answer:
            data = await answer.json(content_type=None)
            if answer.status == BUSY:
                raise BusyError(f"{method} {path}: {answer.status}")
            if not answer.ok or not isinstance(data, dict):
                code = data.get("code", "") if isinstance(data, dict) else ""
                raise StageError(f"{method} {path}: {answer.status} {code}")
            return data


async def stage(
    api: str,
    token: str,
    signin: str,
    cameras: CameraProcess,
    *,
    language: str = "ja",
    trust: Path | None = None,
) -> dict[str, str]:
    """Open two sessions, fill one with cameras, and return what to enter them with.

    ``url`` signs in and opens the console of ``session``; ``camera_token`` and ``join`` are a free
    invitation into the second session, ``empty``. Returns once every picture moves; raises
    StageError, or TimeoutError when that takes too long.
    """
    connector = aiohttp.TCPConnector(ssl=await tls(trust))
    async with asyncio.timeout(PATIENCE), aiohttp.ClientSession(connector=connector) as http:
        house = Api(http, api, token)
        full, empty = _NAMES.get(language, _NAMES["en"])
        session = await _open(house, full)
        invited = [
            await house.call("POST", f"/sessions/{session}/invitations", {"name": name, "slot": n})
            for n, name in enumerate(PLACES, start=1)
        ]
        await cameras.publish(
            invited[0]["whip"], [(one["camera_token"], one["name"]) for one in invited], trust
        )
        view = await _guest_link(house, session)
        desk = await house.call("POST", f"/sessions/{session}/ticket")
        second, _ = await asyncio.gather(_open(house, empty), _moving(house, session, cameras))
        free = await house.call("POST", f"/sessions/{second}/invitations", {})
    return {
        "url": f"{signin}?next={quote(f'/s/{session}')}",
        "session": session,
        "api": api,
        "api_token": token,
        "whip": free["whip"],
        "camera_token": free["camera_token"],
        "whep": desk["whep"],
        "view_ticket": urlsplit(view).path.rpartition("/")[2],
        "view": view,
        "empty": second,
        "join": free["url"],
    }


async def tls(trust: Path | None) -> ssl.SSLContext | bool:
    """Return what aiohttp takes: the usual authorities, or ``trust`` alone."""
    if trust is None:
        return True
    return await asyncio.to_thread(ssl.create_default_context, cafile=str(trust))


async def _open(house: Api, name: str) -> str:
    """Open a session and return its id; a machine that is still starting gets its time."""
    while True:
        try:
            return str((await house.call("POST", "/sessions", {"name": name}))["id"])
        except BusyError:
            await asyncio.sleep(LOOK_EVERY)


async def _guest_link(house: Api, session: str) -> str:
    """Make a guest's link and return its address, as soon as it has one."""
    links = f"/sessions/{session}/links"
    made = await house.call("POST", links, {"minutes": GUEST_MINUTES})
    while not made["join_url"]:
        if made["error"]:
            raise StageError(f"no guest link: {made['error']}")
        await asyncio.sleep(LOOK_EVERY)
        shared = (await house.call("GET", links))["publications"]
        made = next(one for one in shared if one["id"] == made["id"])
    return str(made["join_url"])


async def _moving(house: Api, session: str, cameras: CameraProcess) -> None:
    """Return once all slots are live and each has shown a second picture."""
    first: dict[int, str] = {}
    while not cameras.ended:
        state = (await house.call("GET", f"/sessions/{session}"))["state"]
        if state is None:
            raise StageError("the demo's session has ended")
        live = {
            slot["n"]: slot["last_picture"] for slot in state["slots"] if slot["state"] == "live"
        }
        first = {**live, **first}
        if len(live) == len(PLACES) and all(when != first[n] for n, when in live.items()):
            return
        await asyncio.sleep(LOOK_EVERY)
    raise StageError("the demo's cameras have ended")
