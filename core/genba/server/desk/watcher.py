"""Listens to one session process for as long as it lives."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import aiohttp
from pydantic import ValidationError

from genba.errors import GenbaError
from genba.wire.event import EVENT, SessionEnded

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.api import EndReason
    from genba.placement import Placement
    from genba.wire.event import Event

log = logging.getLogger(__name__)
SILENCE = 4.0  # seconds; a session tells its state each second, whatever happens
PROBE = aiohttp.ClientTimeout(total=3)  # then it is asked; without an answer it hangs
AGAIN = (0.1, 0.5, 1.0, 2.0)  # seconds before the next try, the last one for all that follow
MESSAGE_LIMIT = 1 << 20
_OVER = {
    aiohttp.WSMsgType.CLOSE,
    aiohttp.WSMsgType.CLOSING,
    aiohttp.WSMsgType.CLOSED,
    aiohttp.WSMsgType.ERROR,
}


class Watcher:
    """``heard`` is called with each event, on the loop; it must neither block nor raise."""

    def __init__(self, placement: Placement, session: str, heard: Callable[[Event], None]) -> None:
        """Prepare; ``run`` listens."""
        self._placement = placement
        self._session = session
        self._heard = heard

    async def run(self) -> EndReason | None:
        """Listen until the session has ended; None where it went without a word.

        A process that hangs is killed and has gone without a word too.
        """
        tries = 0
        while True:
            try:
                client = self._placement.http(self._session)
                async with client.ws_connect("/events", max_msg_size=MESSAGE_LIMIT) as socket:
                    tries = 0
                    while (message := await self._next(client, socket)) is not None:
                        event = EVENT.validate_json(message)
                        self._heard(event)
                        if isinstance(event, SessionEnded):
                            return event.reason
            except GenbaError:  # no such worker any more
                return None
            except (aiohttp.ClientError, OSError, ValidationError) as error:
                log.info("session %s: events broke off: %r", self._session, error)
            await asyncio.sleep(AGAIN[min(tries, len(AGAIN) - 1)])
            tries += 1

    async def _next(
        self, client: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
    ) -> str | None:
        """Return the next message, or None at the end of the connection."""
        while True:
            try:
                message = await socket.receive(timeout=SILENCE)
            except TimeoutError:
                if await self._hangs(client):
                    log.warning("session %s hangs and is killed", self._session)
                    await self._placement.kill(self._session)
                    return None
                continue
            if message.type is aiohttp.WSMsgType.TEXT:
                return str(message.data)
            if message.type in _OVER:
                return None

    async def _hangs(self, client: aiohttp.ClientSession) -> bool:
        try:
            async with client.get("/order", timeout=PROBE) as answer:
                await answer.read()
        except TimeoutError:
            return True
        except (aiohttp.ClientError, OSError):
            return False  # it is gone rather than stuck: the connection tells
        return False
