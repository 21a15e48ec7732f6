"""The view in a plain browser tab: the guest link and the page behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.api import hookimpl
from genba_browser import guest
from genba_browser.publisher import BrowserPublisher

if TYPE_CHECKING:
    from aiohttp import web

    from genba.api import Publisher


@hookimpl
def genba_publishers() -> list[Publisher]:
    """Offer the guest link."""
    return [BrowserPublisher()]


@hookimpl
def genba_routes() -> list[web.AbstractRouteDef]:
    """Claim the page behind every link."""
    return guest.routes()
