"""News of a session for the web process: every event, and the newest state."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from genba.wire.event import ResumeChanged, StateChanged
from genba.wire.resume import Resume

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from genba.wire.event import Event
    from genba.wire.state import SessionState

BACKLOG = 256  # events that a listener may be behind; then it is cut off and comes back
STATE_EVERY = 0.1  # seconds between two states
FIGURES_EVERY = 1.0


class Listener:
    """One reader; iterate until the session ends or the reader was too slow."""

    def __init__(self) -> None:
        """Begin with nothing to tell."""
        self.queue: asyncio.Queue[Event | None] = asyncio.Queue(BACKLOG)
        self.dirty = asyncio.Event()
        self.over = False

    def offer(self, event: Event | None) -> None:
        """Queue an event, None being the end; a full queue ends the listener."""
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.over = True
        self.over = self.over or event is None
        self.dirty.set()


class EventHub:
    """All on the event loop. ``say`` tells every listener; ``changed`` promises a new state."""

    def __init__(
        self, state: Callable[[], SessionState], resume: Callable[[], Resume] = Resume
    ) -> None:
        """Take what builds the state, and what the next epoch would go on with."""
        self._state = state
        self._resume = resume
        self._listeners: set[Listener] = set()
        self._observers: set[Callable[[], None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._changed: set[Listener] = set()
        self._told_at = 0.0

    def observe(self, told: Callable[[], None]) -> Callable[[], None]:
        """Have ``told`` called when the state changed, at most ten times a second."""
        self._observers.add(told)
        return lambda: self._observers.discard(told)

    def say(self, event: Event) -> None:
        """Tell every listener, in order."""
        for listener in self._listeners:
            listener.offer(event)
        self.changed()

    def changed(self) -> None:
        """Have the new state told soon; many calls are one telling."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(STATE_EVERY, self._tell)

    def changed_slowly(self) -> None:
        """Promise a new state within a second: figures moved, nothing else."""
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= FIGURES_EVERY:
            self.changed()

    def close(self) -> None:
        """Tell every listener that nothing more comes."""
        if self._timer is not None:
            self._timer.cancel()
        for listener in self._listeners:
            listener.offer(None)

    async def listen(self) -> AsyncGenerator[Event, None]:
        """Yield the state now, then events and newer states; ends with the session."""
        listener = Listener()
        told: Resume | None = None
        self._listeners.add(listener)
        self._changed.add(listener)
        listener.dirty.set()
        try:
            while True:
                await listener.dirty.wait()
                listener.dirty.clear()
                while not listener.queue.empty():
                    event = listener.queue.get_nowait()
                    if event is None:
                        return
                    yield event
                if listener.over:
                    return
                if listener in self._changed:
                    self._changed.discard(listener)
                    yield StateChanged(state=self._state())
                    resume = self._resume()
                    if resume != told:
                        told = resume
                        yield ResumeChanged(resume=resume)
        finally:
            self._listeners.discard(listener)
            self._changed.discard(listener)

    def _tell(self) -> None:
        self._timer = None
        self._told_at = asyncio.get_running_loop().time()
        for listener in self._listeners:
            self._changed.add(listener)
            listener.dirty.set()
        for told in tuple(self._observers):
            told()
