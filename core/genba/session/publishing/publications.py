"""The view being put somewhere, any number of times at once."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from genba.api import Destination, EndReason
from genba.errors import GenbaError
from genba.session.publishing.running import Running

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from genba.api import Publisher, View
    from genba.clock import Clock
    from genba.wire.state import PublicationInfo

log = logging.getLogger(__name__)

MOST = 20  # publications of one session at the same time
KEPT = 20  # ended ones, so that screens can say why
ENTRY = 10.0  # seconds that ``start`` waits for a publisher; it may go on preparing after that
EXIT = 10.0  # seconds that a publisher has to leave; then it is cancelled


class Publications:
    """Runs each publisher guarded, in a named task of its own; on the event loop."""

    def __init__(self, view: View, clock: Clock, changed: Callable[[], None]) -> None:
        """Publish ``view``; ``changed`` is called when a publication's state has."""
        self._view = view
        self._clock = clock
        self._changed = changed
        self._running: dict[str, tuple[Running, asyncio.Task[None]]] = {}
        self._past: deque[Running] = deque(maxlen=KEPT)
        self._closed = False

    async def start(self, publisher: Publisher, destination: Destination) -> PublicationInfo:
        """Start one; return what is true of it once it runs, has failed, or takes its time.

        A refusal is no exception: its state is ``ended`` and ``error`` says why. Raises
        ``server.busy`` and ``session.ended``.
        """
        if self._closed:
            raise GenbaError("session.ended")
        if len(self._running) >= MOST:
            raise GenbaError("server.busy", f"A session is shared at most {MOST} times at once.")
        running = Running(publisher, self._clock.now(), self._changed)
        task = asyncio.create_task(
            running.run(self._view, destination),
            name=f"publication:{publisher.info.kind}:{running.id}",
        )
        self._running[running.id] = (running, task)
        task.add_done_callback(lambda _: self._ended(running))
        self._changed()
        try:
            async with asyncio.timeout(ENTRY):
                await running.entered.wait()
        except TimeoutError:
            log.info("%s is still preparing", publisher.info.kind)
        if running.ended.is_set():
            await asyncio.wait([task])
        return running.info()

    def list(self) -> list[PublicationInfo]:
        """Return all that run, and the last that have ended, in the order of their start."""
        runs = [*self._past, *(running for running, _ in self._running.values())]
        return sorted((running.info() for running in runs), key=lambda info: info.since)

    async def stop(self, name: str) -> None:
        """End one; return when its publisher has left. Raises ``publication.unknown``."""
        if name in self._running:
            await self._leave(*self._running[name], EndReason.STOPPED)
        elif all(running.id != name for running in self._past):
            raise GenbaError("publication.unknown")

    async def close(self) -> None:
        """End all; return when every publisher has left."""
        self._closed = True
        await asyncio.gather(
            *(
                self._leave(running, task, EndReason.SESSION_ENDED)
                for running, task in tuple(self._running.values())
            )
        )

    async def _leave(self, running: Running, task: asyncio.Task[None], reason: EndReason) -> None:
        running.stop(reason)
        if not running.entered.is_set():
            task.cancel()  # it has nothing yet that it would have to leave in good order
        _, late = await asyncio.wait([task], timeout=EXIT)
        if late:
            log.warning("publication %s does not leave and is cancelled", running.id)
            task.cancel()
            await asyncio.wait([task], timeout=EXIT)

    def _ended(self, running: Running) -> None:
        running.gone()
        if self._running.pop(running.id, None) is not None:
            self._past.append(running)


def recognise(publishers: Mapping[str, Publisher], text: str) -> Publisher:
    """Return the publisher that a pasted link is for; raises ``destination.unknown``."""
    destination = Destination(text=text)
    for publisher in publishers.values():
        try:
            if publisher.recognises(destination):
                return publisher
        except Exception:
            log.exception("%s could not look at a link", publisher.info.kind)
    raise GenbaError("destination.unknown")
