"""How a plugin's routes show pages in the house's dress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Mapping


class Pages(Protocol):
    """Found by ``request.app[PAGES]`` in a plugin's handler."""

    def render(
        self,
        request: web.Request,
        template: str,
        context: Mapping[str, object] | None = None,
        *,
        status: int = 200,
    ) -> web.Response:
        """Render ``<plugin>/<file>`` of a plugin's ``templates`` folder.

        The template may extend ``base.html`` and use ``t(key)``; keys of the plugin's
        ``locales/{ja,en}.json`` are found as ``<plugin>.<key>``, there and by the page's own
        scripts. ``context["boot"]`` is what those scripts find as ``boot``. All output is escaped.
        """
        ...

    async def guest(self, request: web.Request, ticket: str) -> Mapping[str, object]:
        """Say what a guest may know of the view behind a link's ticket.

        Keys: ``session`` (id), ``title``, ``expires`` (datetime, UTC), ``id`` (of the link),
        ``purpose``, and ``ice_servers`` where there are any (as RTCConfiguration has them).
        Raises the house's own error, which shows as a page of its own, when the
        ticket is malformed, expired, revoked or of a session that has ended.
        """
        ...


PAGES: web.AppKey[Pages] = web.AppKey("genba.pages", Pages)
