"""Where the worker's routes find their session."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from genba.session.session import Session

# Called, it returns the session, or raises ``session.ended`` while the worker has no order.
SESSION: web.AppKey[Callable[[], Session]] = web.AppKey("genba.session", Callable[[], Any])
