"""The server that browsers meet while they measure: the whole one, as people run it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from genba.bench.bench import MissingError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

START, END = 60.0, 20.0  # seconds
PAUSE = 0.2
NOTHING, BUSY = 204, 503  # HTTP


@dataclass(frozen=True, slots=True)
class Way:
    """Where to post an offer, and the ticket that goes with it."""

    url: str
    ticket: str

    def json(self) -> dict[str, str]:
        """Return it as the pages take it."""
        return {"url": self.url, "ticket": self.ticket}


class House:
    """A server that runs; its API's token goes into headers only."""

    def __init__(self, http: aiohttp.ClientSession, api: str, token: str) -> None:
        """Take the API's address, ``…/api/v1``."""
        self._http, self._api = http, api
        self.token = token
        self._headers = {"Authorization": f"Bearer {token}"}
        self.base = api.removesuffix("/api/v1")

    async def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask the API, again while the server is still starting; raises MissingError."""
        while True:
            async with self._http.request(
                method, self._api + path, json=body, headers=self._headers
            ) as answer:
                if answer.status == NOTHING:
                    return {}
                data = await answer.json(content_type=None)
                if answer.ok and isinstance(data, dict):
                    return data
                if answer.status != BUSY:
                    raise MissingError(f"The server answers {method} {path}: {answer.status}.")
            await asyncio.sleep(PAUSE)

    async def open(self, name: str) -> Room:
        """Open a session."""
        return Room(self, str((await self.call("POST", "/sessions", {"name": name}))["id"]))


@dataclass(frozen=True, slots=True)
class Room:
    """One session of the server."""

    house: House
    session: str

    async def invite(self) -> dict[str, Any]:
        """Invite a camera; the answer has its ``camera_token``, ``whip`` and page's ``url``."""
        return await self.house.call("POST", f"/sessions/{self.session}/invitations", {})

    async def camera(self) -> Way:
        """Return how a camera comes in."""
        invited = await self.invite()
        return Way(invited["whip"], invited["camera_token"])

    async def desk(self) -> Way:
        """Return how a supporter sees the view."""
        found = await self.house.call("POST", f"/sessions/{self.session}/ticket")
        return Way(found["whep"], found["ticket"])

    async def close_look(self) -> Way:
        """Return how a supporter sees the first camera itself, passed through undecoded."""
        desk, state = await self.desk(), await self.state()
        return Way(f"{desk.url}/cameras/{state['slots'][0]['camera']}", desk.ticket)

    async def state(self) -> dict[str, Any]:
        """Return the session's state; raises MissingError where it has ended."""
        state = (await self.house.call("GET", f"/sessions/{self.session}"))["state"]
        if not isinstance(state, dict):
            raise MissingError("The session has ended.")
        return state

    async def live(self, cameras: int = 1) -> None:
        """Return once so many cameras are live."""
        async with asyncio.timeout(START):
            while True:
                slots = (await self.state())["slots"]
                if sum(slot["state"] == "live" for slot in slots) >= cameras:
                    return
                await asyncio.sleep(PAUSE)

    async def end(self) -> None:
        """End the session."""
        await self.house.call("DELETE", f"/sessions/{self.session}")


@asynccontextmanager
async def serving(data: Path, *settings: str) -> AsyncIterator[House]:
    """Run a server on ``data`` and a free port of 127.0.0.1; leaving ends it and all its children.

    Raises MissingError when it does not start.
    """
    words = ["server.log_level=warning", "rtc.addresses=127.0.0.1", *settings]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "genba.bench.serve", str(os.getpid())),
        *("serve", "--json", "--port", "0", "--data", str(data)),
        *(word for setting in words for word in ("--set", setting)),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        facts = await _ready(process)
        token = await asyncio.to_thread((data / "keys" / "api-token").read_text, "ascii")
        async with aiohttp.ClientSession() as http:
            yield House(http, facts["api"], token.strip())
    finally:
        await _end(process)


async def _ready(process: asyncio.subprocess.Process) -> dict[str, Any]:
    line = b""
    try:
        async with asyncio.timeout(START):
            if process.stdout is not None:
                line = await process.stdout.readline()
    except TimeoutError:
        raise MissingError("The server does not say that it is ready.") from None
    if not line:
        raise MissingError("The server ended before it was ready.")
    facts: dict[str, Any] = json.loads(line)
    return facts


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(END):
            await process.wait()
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
