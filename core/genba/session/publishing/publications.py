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
    from collections.abc import Callable, Iterable, Mapping

    from genba.api import Publisher
    from genba.clock import Clock
    from genba.session.publishing.ownview import OwnView
    from genba.wire.resume import KeptLink, KeptPublication
    from genba.wire.state import PublicationInfo

log = logging.getLogger(__name__)

MOST = 20  # publications of one session at the same time
KEPT = 20  # ended ones, so that screens can say why
ENTRY = 10.0  # seconds that ``start`` waits for a publisher; it may go on preparing after that
EXIT = 10.0  # seconds that a publisher has to leave; then it is cancelled


class Publications:
    """Runs each publisher guarded, in a named task of its own; on the event loop."""

    def __init__(
        self,
        view_with: Callable[[Iterable[KeptLink]], OwnView],
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        """Give each publication a view of its own, with the links that an earlier epoch made.

        ``changed`` is called when a publication's state has.
        """
        self._view_with = view_with
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
        running = Running(publisher, destination, self._clock.now(), self._changed)
        begun = self._begin(running, ())
        try:
            async with asyncio.timeout(ENTRY):
                await running.entered.wait()
        except TimeoutError:
            log.info("%s is still preparing", publisher.info.kind)
        if running.ended.is_set():
            await asyncio.wait(begun)
        return running.info()

    def resume(self, publisher: Publisher, kept: KeptPublication) -> None:
        """Go on with one that an earlier epoch ran; what becomes of it shows in ``list``."""
        destination = Destination(text=kept.text, options=dict(kept.options))
        again = Running(publisher, destination, kept.since, self._changed, name=kept.id)
        self._begin(again, kept.links)

    def kept(self) -> tuple[KeptPublication, ...]:
        """Return what the next epoch needs to go on with those that run."""
        return tuple(running.kept() for running, _ in self._running.values())

    def _begin(self, running: Running, links: Iterable[KeptLink]) -> set[asyncio.Task[None]]:
        """Begin, and return the task alone in a set, as ``asyncio.wait`` takes it."""
        task = asyncio.create_task(
            running.run(self._view_with(links)), name=f"publication:{running.id}"
        )
        self._running[running.id] = (running, task)
        task.add_done_callback(lambda _: self._ended(running))
        self._changed()
        return {task}

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
