"""Where the worker's routes find their session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.logs import Facts
    from genba.session.session import Session

# Called, it returns the session, or raises ``session.ended`` while the worker has none.
SESSION: web.AppKey[Callable[[], Session]] = web.AppKey("genba.session")
# What each log line of this process says; where a worker has a process of its own.
FACTS: web.AppKey[Facts] = web.AppKey("genba.facts")
