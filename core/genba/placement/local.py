"""Sessions in processes of their own, parented by the supervisor: the default."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Self

from genba.errors import GenbaError
from genba.placement.client import post_order, worker_client
from genba.placement.lines import Caller

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiohttp

    from genba.wire.order import Order

log = logging.getLogger(__name__)


class LocalPlacement:
    """The web process's end of the supervisor's door; see ``Placement`` for what it promises."""

    def __init__(self, door: str) -> None:
        """Take the path of the supervisor's socket."""
        self._caller = Caller(door, self._news)
        self._clients: dict[str, aiohttp.ClientSession] = {}
        self._epochs: dict[str, int] = {}
        self._told: Callable[[str, int], Awaitable[None]] | None = None
        self._telling: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Attach: sessions that already run are reachable at once."""
        await self._caller.__aenter__()
        for one in (await self._caller.ask("running"))["running"]:
            self._add(one["session"], one["epoch"], one["socket"])
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Let go; sessions run on."""
        await self._caller.__aexit__(*exc)
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)
        for client in self._clients.values():
            await client.close()
        self._clients.clear()

    async def ready(self, **facts: object) -> None:
        """Tell the supervisor that the web process serves, and where."""
        await self._caller.ask("ready", **facts)

    async def open(self, order: Order) -> None:
        """Take the spare and give it the order."""
        answer = await self._caller.ask("take", session=order.session, epoch=order.epoch)
        if "error" in answer:
            raise GenbaError("session.limit")
        await self._remove(order.session)  # an older epoch's, whose end may not be told yet
        self._add(order.session, order.epoch, answer["socket"])
        try:
            await post_order(self._clients[order.session], order)
        except BaseException:
            await self.close(order.session)
            raise

    async def close(self, session: str) -> None:
        """Have the supervisor end the worker."""
        await self._caller.ask("end", session=session)
        await self._remove(session)

    async def kill(self, session: str) -> None:
        """Have the supervisor kill the worker; return when it is gone."""
        await self._caller.ask("kill", session=session)
        await self._remove(session)

    async def running(self) -> list[tuple[str, int]]:
        """Return what is reachable."""
        return list(self._epochs.items())

    def http(self, session: str) -> aiohttp.ClientSession:
        """Return the worker's client."""
        try:
            return self._clients[session]
        except KeyError:
            raise GenbaError("session.ended") from None

    async def turn(self) -> dict[str, object] | None:
        """Ask the supervisor."""
        found: dict[str, object] | None = (await self._caller.ask("turn"))["turn"]
        return found

    def on_gone(self, told: Callable[[str, int], Awaitable[None]]) -> None:
        """Remember whom to tell."""
        self._told = told

    def _add(self, session: str, epoch: int, socket: str) -> None:
        self._clients[session] = worker_client(socket)
        self._epochs[session] = epoch

    async def _remove(self, session: str) -> None:
        client = self._clients.pop(session, None)
        self._epochs.pop(session, None)
        if client is not None:
            await client.close()

    def _news(self, message: dict[str, Any]) -> None:
        if message.get("news") != "gone":
            log.warning("unknown news from the supervisor: %s", message.get("news"))
            return
        task = asyncio.create_task(
            self._lost(message["session"], message["epoch"]), name="placement:gone"
        )
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _lost(self, session: str, epoch: int) -> None:
        if self._epochs.get(session) == epoch:
            await self._remove(session)
        if self._told:
            await self._told(session, epoch)
