"""The page behind a link, `/v/{ticket}`, and its share-ready form `?clean=1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from genba.api import PAGES

if TYPE_CHECKING:
    from datetime import datetime


def routes() -> list[web.AbstractRouteDef]:
    """Return the page behind links, and where the share-ready window stands."""
    return [web.get("/v/{ticket}", page), web.get("/window", window)]


async def page(request: web.Request) -> web.Response:
    """Show the view; a link that is over is answered by the house's own error page.

    The share-ready form is what somebody shows in a meeting: the picture and nothing else, and
    a title without the ticket, for a window picker shows titles to everybody.
    """
    pages = request.app[PAGES]
    ticket = request.match_info["ticket"]
    view = await pages.guest(request, ticket)
    expires: datetime = view["expires"]  # type: ignore[assignment]  # the mapping is of objects
    boot = {
        "ticket": ticket,
        "link": view["id"],
        "expires": expires.isoformat(),
        "whep": "/whep",
        "control": "/control",
        "ice_servers": view.get("ice_servers", []),
    }
    template = "clean.html" if request.query.get("clean") == "1" else "guest.html"
    return pages.render(request, f"browser/{template}", {"view_title": view["title"], "boot": boot})


async def window(request: web.Request) -> web.Response:
    """Stand in for a share-ready window's address, which a meeting may see: without a ticket.

    The window itself remembers its link, and a reload here leads back to it.
    """
    return request.app[PAGES].render(request, "browser/window.html", {"boot": {}})
