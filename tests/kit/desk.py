"""A session in this process, spoken to as the web process speaks to it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from genba.clock import SystemClock
from genba.placement.inline import InlinePlacement
from genba.wire.ticket import TicketKind
from tests.kit.orders import order, ticket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    import aiohttp

    from tests.kit.rtc import Answer

LIMIT = 20


class Desk:
    """One session's worker, by its own routes."""

    def __init__(self, client: aiohttp.ClientSession, session: str) -> None:
        self.client = client
        self.session = session
        self.links: dict[str, tuple[str, str]] = {}

    def ticket(self, kind: TicketKind, **more: Any) -> str:
        return ticket(kind, self.session, **more)

    def answer(self, path: str, bearer: str) -> Answer:
        """Return what posts an offer to ``/whip`` or ``/whep`` and returns the answer."""

        async def post(offer: str) -> str:
            async with self.client.post(
                path,
                data=offer,
                headers={"Content-Type": "application/sdp", "Authorization": f"Bearer {bearer}"},
            ) as answer:
                text = await answer.text()
                if answer.status != 201:
                    raise RefusedError(answer.status, json.loads(text))
                self.links[bearer] = (answer.headers["Location"], answer.headers["ETag"])
                return text

        return post

    def whip(self, **more: Any) -> Answer:
        return self.answer("/whip", self.ticket(TicketKind.CAMERA, **more))

    def whep(self, kind: TicketKind = TicketKind.DESK, **more: Any) -> Answer:
        return self.answer("/whep", self.ticket(kind, **more))

    async def state(self) -> dict[str, Any]:
        async with self.client.get("/state") as answer:
            state: dict[str, Any] = await answer.json()
            return state

    async def until(self, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first state of which ``true`` holds."""
        async with asyncio.timeout(LIMIT), self.client.ws_connect("/events") as events:
            async for message in events:
                event = json.loads(message.data)
                if event["event"] == "state" and true(event["state"]):
                    found: dict[str, Any] = event["state"]
                    return found
        raise AssertionError("the session ended")

    async def event(self, name: str, events: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
        """Return the next event of that name."""
        async with asyncio.timeout(LIMIT):
            async for message in events:
                event: dict[str, Any] = json.loads(message.data)
                if event["event"] == name:
                    return event
        raise AssertionError("the session ended")

    async def do(self, **command: Any) -> dict[str, Any]:
        """Carry a command out; return its data, raise RefusedError."""
        async with self.client.post("/command", json=command) as answer:
            reply = await answer.json()
        if "ok" not in reply:
            raise RefusedError(reply["status"], reply)
        if not reply["ok"]:
            raise RefusedError(reply["error"]["status"], reply["error"])
        data: dict[str, Any] = reply["data"]
        return data


class RefusedError(Exception):
    """The worker said no."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status = status
        self.code = problem["code"]


def states(state: dict[str, Any]) -> list[str]:
    """Return the seats' states."""
    return [slot["state"] for slot in state["slots"]]


@asynccontextmanager
async def desk(data: Path, **more: object) -> AsyncIterator[Desk]:
    """Open a session and end it."""
    async with InlinePlacement(SystemClock()) as placement:
        mine = order(data, **more)  # type: ignore[arg-type]  # the order checks its own words
        await placement.open(mine)
        yield Desk(placement.http(mine.session), mine.session)
