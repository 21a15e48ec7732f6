"""A placement of fake workers, each behind a Unix socket of its own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from aiohttp import web

from genba.errors import GenbaError
from genba.placement.client import worker_client
from tests.kit.worker import FakeWorker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiohttp

    from genba.wire.order import Order


class FakePlacement:
    """See ``genba.placement.Placement``; ``workers`` are there for tests to change."""

    def __init__(self) -> None:
        self.workers: dict[str, FakeWorker] = {}
        self.refuse: GenbaError | None = None
        self.turn_state: dict[str, object] | None = None
        self._count = 0
        self._runners: dict[str, web.AppRunner] = {}
        self._clients: dict[str, aiohttp.ClientSession] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._told: Callable[[str, int], Awaitable[None]] | None = None

    async def __aenter__(self) -> Self:
        self._runtime = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="genba-"))
        return self

    async def __aexit__(self, *exc: object) -> None:
        for session in list(self.workers):
            await self.close(session)
        await asyncio.gather(*self._leaving)
        await asyncio.to_thread(shutil.rmtree, self._runtime)

    async def open(self, order: Order) -> None:
        if self.refuse is not None:
            raise self.refuse
        worker = FakeWorker(order)
        self._count += 1
        socket = str(self._runtime / f"s{self._count}")
        runner = web.AppRunner(worker.app(), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.UnixSite(runner, socket).start()
        self.workers[order.session] = worker
        self._runners[order.session] = runner
        self._clients[order.session] = worker_client(socket)
        self._watching[order.session] = asyncio.create_task(self._watch(worker))

    async def close(self, session: str) -> None:
        watching = self._watching.get(session)
        if watching is not None:
            self.workers[session].over.set()
            await watching

    async def kill(self, session: str) -> None:
        await self.close(session)

    async def running(self) -> list[tuple[str, int]]:
        return [(worker.order.session, worker.order.epoch) for worker in self.workers.values()]

    def http(self, session: str) -> aiohttp.ClientSession:
        try:
            return self._clients[session]
        except KeyError:
            raise GenbaError("session.ended") from None

    async def turn(self) -> dict[str, object] | None:
        return self.turn_state

    def on_gone(self, told: Callable[[str, int], Awaitable[None]]) -> None:
        self._told = told

    async def _watch(self, worker: FakeWorker) -> None:
        await worker.over.wait()
        session, epoch = worker.order.session, worker.order.epoch
        self.workers.pop(session)
        client, runner = self._clients.pop(session), self._runners.pop(session)
        self._leaving.add(self._watching.pop(session))
        await runner.cleanup()
        await client.close()
        if self._told:
            await self._told(session, epoch)
