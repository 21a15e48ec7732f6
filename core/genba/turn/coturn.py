"""coturn as the supervisor's child: started, watched, started again, ended."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from genba import kin
from genba.turn import configuration, output

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from genba.turn.plan import Plan

log = logging.getLogger(__name__)
MODULE = "genba.turn"
GOODBYE = 3.0  # seconds that it gets to end
START = 15.0  # seconds until it listens
FIRST, LONGEST = 0.5, 60.0  # seconds before it is started again: doubled each time
STEADY = 60.0  # seconds of running after which a fall is the first again


@dataclass(slots=True)
class State:
    """``state`` is one of starting, running, failed, ended; ``why`` says what failed last."""

    state: str = "starting"
    why: str = ""
    restarts: int = 0
    pid: int = 0


class Coturn:
    """One coturn for as long as ``running`` is entered. All on the event loop."""

    def __init__(self, plan: Plan, secret: str, *, first: float = FIRST) -> None:
        """Prepare. ``secret`` is what credentials are made with; it holds no line end."""
        self._plan = plan
        self._secret = secret
        self._first = first
        self._state = State()

    def state(self) -> dict[str, object]:
        """Return what is true now, as JSON has it."""
        return asdict(self._state)

    @asynccontextmanager
    async def running(self, runtime: Path) -> AsyncIterator[None]:
        """Keep it running; its file lies in ``runtime``, which its owner alone may enter."""
        config = runtime / "turn.conf"
        await asyncio.to_thread(
            _write, config, configuration.text(self._plan, self._secret, runtime)
        )
        task = asyncio.create_task(self._keep(config), name="turn:keep")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await asyncio.to_thread(config.unlink, missing_ok=True)

    async def _keep(self, config: Path) -> None:
        loop = asyncio.get_running_loop()
        pause = self._first
        while True:
            began = loop.time()
            self._state.state = "starting"
            try:
                why = await self._run(config)
            except OSError as error:
                why = str(error)
            self._state.state, self._state.why, self._state.pid = "failed", why, 0
            log.error("TURN server: %s", why)
            if loop.time() - began > STEADY:
                pause = self._first
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST)
            self._state.restarts += 1

    async def _run(self, config: Path) -> str:
        """Run it once; return why it ended. Cancelled, it ends it."""
        if taken := _taken(self._plan):  # binding waits for nobody
            return taken
        words = ["--program", str(self._plan.program), "--config", str(config)]
        async with AsyncExitStack() as stack:
            process = await kin.start(MODULE, words, output=asyncio.subprocess.PIPE)
            stack.push_async_callback(kin.end, process, GOODBYE)
            self._state.pid = process.pid
            assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
            said = asyncio.create_task(
                output.listen(process.stdout, self._secret), name="turn:output"
            )
            stack.callback(said.cancel)
            ended = asyncio.create_task(process.wait(), name="turn:ended")
            stack.callback(ended.cancel)
            if not await self._listens(ended):
                return await said if ended.done() else "it does not listen"
            self._state.state, self._state.why = "running", ""
            log.info("TURN server on port %d", self._plan.port)
            code = await ended
            return f"it ended (exit {code}) {await said}".strip()

    async def _listens(self, ended: asyncio.Task[int]) -> bool:
        try:
            async with asyncio.timeout(START):
                while not ended.done():
                    try:
                        _, writer = await asyncio.open_connection(
                            self._plan.listens[0], self._plan.port
                        )
                    except OSError:
                        await asyncio.sleep(0.05)
                    else:
                        writer.close()
                        return True
        except TimeoutError:
            log.warning("the TURN server does not answer on port %d", self._plan.port)
        return False


def _taken(plan: Plan) -> str:
    """Say which port somebody else has; coturn would share it with them, and nobody would know."""
    ports = (plan.port, plan.tls_port) if plan.chain else (plan.port,)
    for address in plan.listens:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for port in ports:
            for kind, name in ((socket.SOCK_STREAM, "TCP"), (socket.SOCK_DGRAM, "UDP")):
                if kind is socket.SOCK_DGRAM and port != plan.port:
                    continue
                with socket.socket(family, kind) as probe:
                    if kind is socket.SOCK_STREAM:
                        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    try:
                        probe.bind((address, port))
                    except OSError as error:
                        return f"{name} port {port} of {address}: {error.strerror or error}"
    return ""


def _write(path: Path, text: str) -> None:
    """Make the file anew; nobody else can read it at any moment."""
    path.unlink(missing_ok=True)
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(text)
