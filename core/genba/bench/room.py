"""One real session process, with the cameras and viewers of a run in other processes."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genba import kin
from genba.bench.cpu import memory
from genba.bench.helper import Helper
from genba.bench.scratch import scratch
from genba.placement.client import post_order, worker_client
from genba.wire.order import Order
from genba.wire.state import CameraState, SessionState
from genba.wire.ticket import Ticket, TicketKind, sign

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import aiohttp

    from genba.bench.bench import Bench
    from genba.wire.order import ViewOrder

START, END, LIVE = 20.0, 8.0, 20.0  # seconds
LOOK_EVERY = 0.02
PEOPLE = "genba.bench.people"


class RoomError(RuntimeError):
    """The session did not do what was asked of it."""


@dataclass(slots=True)
class Room:
    """``pid`` is the session process; ``spare_mb`` what it held before it had an order."""

    order: Order
    socket: str
    client: aiohttp.ClientSession
    pid: int
    spare_mb: float
    opened: float  # seconds from order to answer
    stack: AsyncExitStack
    _helpers: dict[str, Helper] = field(default_factory=dict)

    async def state(self) -> SessionState:
        """Ask the session how it does."""
        async with self.client.get("/state") as answer:
            return SessionState.model_validate_json(await answer.read())

    async def command(self, **what: object) -> dict[str, Any]:
        """Have the session do something; raises RoomError."""
        async with self.client.post("/command", json=what) as answer:
            reply: dict[str, Any] = await answer.json()
        if not reply["ok"]:
            raise RoomError(f"{what['do']}: {reply['error']}")
        data: dict[str, Any] = reply["data"]
        return data

    def ticket(self, kind: TicketKind, name: str = "", slot: int = 0) -> str:
        """Return a new bearer's ticket."""
        expires = datetime.now(UTC) + timedelta(hours=1)
        bearer = secrets.token_urlsafe(12)
        one = Ticket(kind, self.order.session, bearer, expires, name, slot)
        return sign(self.order.ticket_key, one)

    async def film(self, bench: Bench, cameras: int = 4) -> None:
        """Have cameras come; return once all are live."""
        clips = (await bench.clips.paths())[:cameras]
        names = ("現場カメラ1", "現場カメラ2", "現場カメラ3", "現場カメラ4")
        bearers = [
            self.ticket(TicketKind.CAMERA, name, n)
            for n, name in enumerate(names[:cameras], start=1)
        ]
        await self._people("cameras", bearers, clips=[str(clip) for clip in clips])
        await self.until(
            lambda s: sum(slot.state is CameraState.LIVE for slot in s.slots) == cameras
        )

    async def watch(self, viewers: int, *, query: str = "", codec: str = "H264") -> None:
        """Have so many viewers more; return once each has a link."""
        bearers = [self.ticket(TicketKind.DESK, "本部") for _ in range(viewers)]
        await self._people("viewers", bearers, query, codec=codec)

    async def counts(self, who: str) -> list[dict[str, Any]]:
        """Return what cameras or viewers have counted."""
        found: list[dict[str, Any]] = (await self._helpers[who].ask(do="count"))[who]
        return found

    def helper_pid(self, who: str) -> int:
        """Return the process of the cameras or viewers."""
        return self._helpers[who].process.pid

    async def until(self, true: Callable[[SessionState], bool], limit: float = LIVE) -> None:
        """Return once the session's state is so; raises TimeoutError."""
        async with asyncio.timeout(limit):
            while not true(await self.state()):  # noqa: ASYNC110 (in another process)
                await asyncio.sleep(LOOK_EVERY * 5)

    async def _people(self, who: str, bearers: list[str], query: str = "", **more: object) -> None:
        if who not in self._helpers:
            self._helpers[who] = await self.stack.enter_async_context(Helper(PEOPLE))
        path = "whip" if who == "cameras" else "whep"
        url = f"http://session/{path}{'?' if query else ''}{query}"
        await self._helpers[who].ask(do=who, unix=self.socket, url=url, bearers=bearers, **more)


@asynccontextmanager
async def session_room(bench: Bench, view: ViewOrder) -> AsyncIterator[Room]:
    """Start a session process and give it an order; leaving ends it and everybody in it."""
    data = Path(await asyncio.to_thread(tempfile.mkdtemp, dir=bench.folder))
    # Not in ``data``: a path of more than 107 bytes is none for a socket.
    async with AsyncExitStack() as stack:
        socket = await stack.enter_async_context(scratch()) / "s"
        process = await kin.start("genba.session", ["--socket", str(socket)])
        stack.push_async_callback(kin.end, process, END)
        async with asyncio.timeout(START):
            while not await asyncio.to_thread(socket.exists):
                if process.returncode is not None:
                    raise RoomError(f"the session process ended with {process.returncode}")
                await asyncio.sleep(LOOK_EVERY)
        client = await stack.enter_async_context(worker_client(str(socket)))
        await asyncio.sleep(1)  # a spare has time to settle
        spare = (await memory(process.pid)).resident
        order = Order(
            session=secrets.token_urlsafe(12),
            group="bench",
            name="計測",
            started_at=datetime.now(UTC),
            base_url="http://127.0.0.1:1",
            ticket_key=secrets.token_bytes(32),
            data=data,
            view=view,
        )
        begun = asyncio.get_running_loop().time()
        await post_order(client, order)
        opened = asyncio.get_running_loop().time() - begun
        people = await stack.enter_async_context(AsyncExitStack())  # they leave first
        yield Room(order, str(socket), client, process.pid, spare, opened, people)
