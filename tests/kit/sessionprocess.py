"""One real session process, without a server around it."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from genba import kin
from genba.placement.client import post_order, worker_client
from genba.wire.state import SessionState
from genba.wire.ticket import TicketKind
from tests.kit.orders import order, ticket
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractContextManager

    import aiohttp

    from genba.wire.order import Order
    from tests.kit.netns import Side

START, END = 30.0, 20.0


class Inside(Protocol):
    """A network in which a program can be started."""

    def inside(self, side: Side) -> AbstractContextManager[None]: ...


@dataclass
class SessionProcess:
    """``client`` speaks to its Unix socket."""

    order: Order
    client: aiohttp.ClientSession
    process: asyncio.subprocess.Process

    async def state(self) -> SessionState:
        async with self.client.get("/state") as answer:
            return SessionState.model_validate_json(await answer.read())

    def asker(
        self,
        path: str = "/whep",
        kind: TicketKind = TicketKind.DESK,
        *,
        id: str = "",  # noqa: A002
    ) -> Callable[[str], Awaitable[str]]:
        """Return what turns an offer into an answer, by one ticket."""
        bearer = ticket(kind, self.order.session, name="試験", id=id or secrets.token_hex(8))

        async def ask(offer: str) -> str:
            headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {bearer}"}
            headers["Connection"] = "close"  # a kept connection would be a file of the session
            async with self.client.post(path, data=offer, headers=headers) as answer:
                text = await answer.text()
                assert answer.status == 201, text
                return text

        return ask

    async def command(self, **what: object) -> dict[str, Any]:
        async with self.client.post("/command", json=what) as answer:
            reply: dict[str, Any] = await answer.json()
        assert reply["ok"], reply
        data: dict[str, Any] = reply["data"]
        return data

    def handles(self) -> int:
        """Return how many file descriptors it holds. Blocking."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def resident(self) -> int:
        """Return its resident memory in bytes. Blocking."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()[1]) * 4096

    def cpu(self) -> float:
        """Return the seconds of processor that it has used. Blocking."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / 100


@asynccontextmanager
async def session_process(
    data: Path, *, network: Inside | None = None, **more: Any
) -> AsyncIterator[SessionProcess]:
    """Start one and give it an order; ``network`` puts it on side ``a``."""
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="genba-t")
    socket = Path(folder) / "s"
    with network.inside("a") if network is not None else nullcontext():
        process = await kin.start("genba.session", ["--socket", str(socket)])
    try:
        await until(socket.exists, START)
        async with worker_client(str(socket)) as client:
            given = order(data, **more)
            await post_order(client, given)
            yield SessionProcess(given, client, process)
    finally:
        await kin.end(process, END)
