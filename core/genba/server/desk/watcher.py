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
AGAIN = (0.1, 0.5, 1.0, 2.0)  # seconds before the next try, the last one for all that follow
MESSAGE_LIMIT = 1 << 20


class Watcher:
    """``heard`` is called with each event, on the loop; it must neither block nor raise."""

    def __init__(self, placement: Placement, session: str, heard: Callable[[Event], None]) -> None:
        """Prepare; ``run`` listens."""
        self._placement = placement
        self._session = session
        self._heard = heard

    async def run(self) -> EndReason | None:
        """Listen until the session has ended; None where it went without a word."""
        tries = 0
        while True:
            try:
                client = self._placement.http(self._session)
                async with client.ws_connect("/events", max_msg_size=MESSAGE_LIMIT) as socket:
                    tries = 0
                    async for message in socket:
                        if message.type is not aiohttp.WSMsgType.TEXT:
                            continue
                        event = EVENT.validate_json(message.data)
                        self._heard(event)
                        if isinstance(event, SessionEnded):
                            return event.reason
            except GenbaError:  # no such worker any more
                return None
            except (aiohttp.ClientError, OSError, ValidationError) as error:
                log.info("session %s: events broke off: %r", self._session, error)
            await asyncio.sleep(AGAIN[min(tries, len(AGAIN) - 1)])
            tries += 1
