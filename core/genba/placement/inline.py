"""Sessions in this very process, each behind its Unix socket as ever: for tests."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aiohttp import web

from genba.errors import GenbaError
from genba.placement.client import post_order, worker_client
from genba.session.app import Worker, make_app

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiohttp

    from genba.clock import Clock
    from genba.wire.order import Order


class InlinePlacement:
    """See ``Placement`` for what it promises; leaving it ends its sessions."""

    def __init__(self, clock: Clock) -> None:
        """Give sessions this clock."""
        self._clock = clock
        self._workers: dict[str, Worker] = {}
        self._runners: dict[str, web.AppRunner] = {}
        self._clients: dict[str, aiohttp.ClientSession] = {}
        self._epochs: dict[str, int] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._told: Callable[[str, int], Awaitable[None]] | None = None
        self._count = 0

    async def __aenter__(self) -> Self:
        """Make the folder of sockets."""
        self._runtime = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="genba-"))
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End all sessions."""
        for session in list(self._epochs):
            await self.close(session)
        await asyncio.gather(*self._leaving)
        await asyncio.to_thread(shutil.rmtree, self._runtime)

    async def open(self, order: Order) -> None:
        """Start a worker here and give it the order; an older one of the session ends first."""
        await self.close(order.session)
        self._count += 1
        socket = self._runtime / f"s{self._count}"
        worker = Worker(self._clock)
        runner = web.AppRunner(make_app(worker), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.UnixSite(runner, str(socket)).start()
        client = worker_client(str(socket))
        try:
            await post_order(client, order)
        except BaseException:
            await client.close()
            await runner.cleanup()
            raise
        self._workers[order.session] = worker
        self._runners[order.session] = runner
        self._clients[order.session] = client
        self._epochs[order.session] = order.epoch
        self._watching[order.session] = asyncio.create_task(
            self._watch(worker, order), name=f"inline:{order.session}"
        )

    async def close(self, session: str) -> None:
        """End the session's worker."""
        watching = self._watching.get(session)
        if watching is not None:
            await self._workers[session].close()
            await watching

    async def kill(self, session: str) -> None:
        """End the session's worker; in this process there is nothing that could be killed."""
        await self.close(session)

    async def running(self) -> list[tuple[str, int]]:
        """Return what runs."""
        return list(self._epochs.items())

    def http(self, session: str) -> aiohttp.ClientSession:
        """Return the worker's client."""
        try:
            return self._clients[session]
        except KeyError:
            raise GenbaError("session.ended") from None

    async def turn(self) -> dict[str, object] | None:
        """There is none."""
        return None

    def on_gone(self, told: Callable[[str, int], Awaitable[None]]) -> None:
        """Remember whom to tell."""
        self._told = told

    async def _watch(self, worker: Worker, order: Order) -> None:
        await worker.over.wait()
        # At once, and before anything is awaited: the next epoch may be opened meanwhile.
        runner, client = self._runners.pop(order.session), self._clients.pop(order.session)
        self._workers.pop(order.session)
        self._epochs.pop(order.session)
        self._leaving.add(self._watching.pop(order.session))
        await runner.cleanup()
        await client.close()
        if self._told:
            await self._told(order.session, order.epoch)
