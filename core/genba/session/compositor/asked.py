"""Those who wait for a picture of now."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from av import VideoFrame

FRESH = 0.5  # seconds: so old may the cameras' pictures in it be
PATIENCE = 1.0  # seconds that cameras which were not decoded get


@dataclass(frozen=True, slots=True)
class _Asker:
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[VideoFrame | None]
    since: float


class Asked:
    """Asked on event loops, answered on the compositor's thread."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._lock = threading.Lock()
        self._waiting: list[_Asker] = []
        self._over = False

    def __bool__(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiting)

    def add(
        self, loop: asyncio.AbstractEventLoop, since: float
    ) -> asyncio.Future[VideoFrame | None]:
        """Return what is going to be the picture; None at once when no more are made."""
        answer: asyncio.Future[VideoFrame | None] = loop.create_future()
        with self._lock:
            if self._over:
                answer.set_result(None)
            else:
                self._waiting.append(_Asker(loop, answer, since))
        return answer

    def answer(self, picture: VideoFrame, oldest: float) -> None:
        """Give a picture whose cameras' own are not older than ``oldest`` to those it is for."""
        now = time.monotonic()
        with self._lock:
            asking, self._waiting = self._waiting, []
            for one in asking:
                if oldest < one.since - FRESH and now - one.since < PATIENCE:
                    self._waiting.append(one)
                else:
                    _tell(one, picture)

    def give_up(self, picture: VideoFrame | None) -> None:
        """Give all what there is; nobody may wait from now on."""
        with self._lock:
            self._over = True
            for one in self._waiting:
                _tell(one, picture)
            self._waiting.clear()


def _tell(one: _Asker, picture: VideoFrame | None) -> None:
    def tell() -> None:
        if not one.answer.done():
            one.answer.set_result(picture)

    with contextlib.suppress(RuntimeError):  # its loop has closed
        one.loop.call_soon_threadsafe(tell)
