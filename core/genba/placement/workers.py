"""The supervisor's session processes: one warm spare, and those that have an order."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from genba import kin

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)
WORKER = "genba.session"
WARM_UP = 30.0  # seconds that a worker may take until its socket listens
GOODBYE = 20.0  # seconds that a session may take to finish its recording
RESTART = 1.0  # seconds between two spares that would not start


@dataclass(slots=True)
class Worker:
    """One session process; ``session`` is empty while it is a spare."""

    process: asyncio.subprocess.Process
    socket: Path
    session: str = ""
    epoch: int = 0


class Workers:
    """Async context manager; leaving it ends every worker, in order, and leaves no process."""

    def __init__(self, runtime: Path, gone: Callable[[str, int], None]) -> None:
        """Keep sockets in ``runtime``; ``gone(session, epoch)`` is called as a worker ends."""
        self._runtime = runtime
        self._gone = gone
        self._count = 0
        self._all: dict[int, Worker] = {}
        self._watching: dict[int, asyncio.Task[None]] = {}
        self._spares: list[Worker] = []  # warm ones: one, while nobody asks
        self._warm = asyncio.Condition()
        self._wanted = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Begin to warm a spare."""
        self._wanted.set()
        self._filler = asyncio.create_task(self._fill(), name="workers:fill")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End all at once and wait for each."""
        self._filler.cancel()
        await asyncio.gather(self._filler, return_exceptions=True)
        await asyncio.gather(*(kin.end(w.process, GOODBYE) for w in list(self._all.values())))
        await asyncio.gather(*self._watching.values())

    async def take(self, session: str, epoch: int) -> Worker:
        """Return a warm worker, now labelled; the next spare is begun. Raises TimeoutError.

        An older worker of the session is gone before it gets another.
        """
        await self.kill(session)
        async with asyncio.timeout(WARM_UP), self._warm:
            await self._warm.wait_for(lambda: self._spares)
            worker = self._spares.pop(0)
            self._wanted.set()
        worker.session, worker.epoch = session, epoch
        return worker

    def running(self) -> list[Worker]:
        """Return the workers that have an order."""
        return [w for w in self._all.values() if w.session]

    async def end(self, session: str) -> None:
        """End a session's worker; quiet where there is none."""
        for worker in self.running():
            if worker.session == session:
                await kin.end(worker.process, GOODBYE)

    async def kill(self, session: str) -> None:
        """Kill a session's worker and wait until it is gone; quiet where there is none."""
        for worker in self.running():
            if worker.session == session:
                await kin.end(worker.process, 0.0)

    async def _fill(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            worker = await self._start()
            while worker is None:
                await asyncio.sleep(RESTART)
                worker = await self._start()
            async with self._warm:
                self._spares.append(worker)
                self._warm.notify()

    async def _start(self) -> Worker | None:
        self._count += 1
        socket = self._runtime / f"s{self._count}"
        process = await kin.start(WORKER, ["--socket", str(socket)])
        worker = Worker(process, socket)
        self._all[process.pid] = worker
        self._watching[process.pid] = asyncio.create_task(
            self._watch(worker), name=f"worker:{process.pid}"
        )
        if await self._listens(worker):
            return worker
        if process.returncode == kin.UNFIT:
            log.critical(
                "session processes refuse to start: the installed WebRTC packages are not those "
                "that Genba knows; `genba doctor` names what changed"
            )
        else:
            log.error("a session process did not start (exit %s)", process.returncode)
        await kin.end(process, 1.0)
        return None

    async def _listens(self, worker: Worker) -> bool:
        try:
            async with asyncio.timeout(WARM_UP):
                while worker.process.returncode is None:
                    try:
                        _, writer = await asyncio.open_unix_connection(str(worker.socket))
                    except OSError:
                        await asyncio.sleep(0.02)
                    else:
                        writer.close()
                        return True
        except TimeoutError:
            pass
        return False

    async def _watch(self, worker: Worker) -> None:
        code = await worker.process.wait()
        self._all.pop(worker.process.pid, None)
        self._watching.pop(worker.process.pid, None)
        worker.socket.unlink(missing_ok=True)
        if worker.session:
            log.info("session %s: its process ended (exit %s)", worker.session, code)
            self._gone(worker.session, worker.epoch)
        elif code:
            log.warning("a spare session process ended (exit %s)", code)
        if worker in self._spares:  # it was warm: another takes its place
            self._spares.remove(worker)
            self._wanted.set()
