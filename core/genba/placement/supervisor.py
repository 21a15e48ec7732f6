"""What `genba serve` is: the tiny parent of the web process and of every session process.

It speaks neither HTTP nor media. The web process may die and is started again; sessions go on.
The supervisor gone, everything ends.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genba import kin
from genba.placement import lines
from genba.placement.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.turn import Coturn

log = logging.getLogger(__name__)
WEB = "genba.server"
WEB_GOODBYE = 10.0
WEB_RESTART = 0.3  # seconds before a web process that died is started again
GIVE_UP = 5  # failures of the web process in a row, none of which became ready


class SupervisorError(RuntimeError):
    """The web process does not come up; its own message stands above."""


class Supervisor:
    """Async context manager. ``run`` returns when ``stop`` was called and all is ended.

    ``web_arguments`` go to the web process as they are, with ``--door PATH`` added; ``ready`` is
    called with what the web process says of itself each time it has come up.
    """

    def __init__(
        self,
        web_arguments: list[str],
        ready: Callable[[dict[str, Any]], None] | None = None,
        *,
        web: str = WEB,
        turn: Coturn | None = None,
    ) -> None:
        """Prepare; nothing starts before ``run``.

        ``web`` is the web process's module; ``turn`` runs beside everything else, and falls alone.
        """
        self._turn = turn
        self._web = web
        self._web_arguments = web_arguments
        self._ready = ready
        self._stop = asyncio.Event()
        self._came_up = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._calls: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """End everything in order: sessions (they finish recordings), then the web process."""
        self._stop.set()

    async def run(self) -> None:
        """Serve until ``stop``; raises SupervisorError when the web process cannot start."""
        runtime = Path(tempfile.mkdtemp(prefix="genba-"))  # 0700, short: a path holds 107 bytes
        async with AsyncExitStack() as stack:
            stack.callback(shutil.rmtree, runtime, ignore_errors=True)
            door = str(runtime / "door")
            server = await asyncio.start_unix_server(self._serve, door, limit=lines.LIMIT)
            stack.push_async_callback(self._hang_up, server)
            if self._turn is not None:
                await stack.enter_async_context(self._turn.running(runtime))
            web = asyncio.create_task(self._keep_web(door), name="supervisor:web")
            stack.push_async_callback(self._end_web, web)
            self._workers = await stack.enter_async_context(Workers(runtime, self._gone))
            stopped = asyncio.create_task(self._stop.wait(), name="supervisor:stop")
            await asyncio.wait((stopped, web), return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()

    async def _end_web(self, web: asyncio.Task[None]) -> None:
        self._stop.set()
        await web

    async def _hang_up(self, server: asyncio.Server) -> None:
        server.close()
        for writer in self._writers:
            writer.close()
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await server.wait_closed()

    async def _keep_web(self, door: str) -> None:
        failures = 0
        while True:
            self._came_up = False
            process = await kin.start(self._web, ["--door", door, *self._web_arguments])
            ended = asyncio.create_task(process.wait(), name="supervisor:web-ended")
            stop = asyncio.create_task(self._stop.wait(), name="supervisor:web-stop")
            await asyncio.wait((ended, stop), return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            if self._stop.is_set():
                await kin.end(process, WEB_GOODBYE)
                await ended
                return
            failures = 0 if self._came_up else failures + 1
            log.error("the web process ended (exit %s)", ended.result())
            if failures >= GIVE_UP or (failures and ended.result() == 2):  # noqa: PLR2004 (usage)
                raise SupervisorError("the web process does not start")
            await asyncio.sleep(WEB_RESTART)

    def _gone(self, session: str, epoch: int) -> None:
        for writer in self._writers:
            lines.write(writer, {"news": "gone", "session": session, "epoch": epoch})

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while (message := await lines.read(reader)) is not None:
                call = asyncio.create_task(self._answer(message, writer), name="supervisor:call")
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)
        except (ValueError, ConnectionError) as error:
            log.warning("the web process hung up: %s", error)
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer(self, message: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        answer: dict[str, Any]
        match message.get("do"):
            case "take":
                answer = await self._take(str(message["session"]), int(message["epoch"]))
            case "running":
                answer = {
                    "running": [
                        {"session": w.session, "epoch": w.epoch, "socket": str(w.socket)}
                        for w in self._workers.running()
                    ]
                }
            case "end":
                await self._workers.end(str(message["session"]))
                answer = {}
            case "kill":
                await self._workers.kill(str(message["session"]))
                answer = {}
            case "turn":
                answer = {"turn": self._turn.state() if self._turn is not None else None}
            case "ready":
                self._came_up = True
                if self._ready:
                    self._ready(message)
                answer = {}
            case other:
                answer = {"error": f"unknown: {other}"}
        if not writer.is_closing():
            lines.write(writer, {"id": message.get("id", 0), **answer})

    async def _take(self, session: str, epoch: int) -> dict[str, Any]:
        try:
            worker = await self._workers.take(session, epoch)
        except TimeoutError:
            return {"error": "no worker"}
        return {"socket": str(worker.socket)}
