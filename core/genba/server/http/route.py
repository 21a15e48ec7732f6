"""The table of routes: each names the action that it is, so that none is open by accident."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from aiohttp import web

from genba.server.identity.permissions import PERMISSIONS, Action

if TYPE_CHECKING:
    from collections.abc import Iterable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# How the actor is known: a person by cookie or API token, a ticket's bearer by Authorization;
# the control WebSocket finds its bearer itself, since it answers by close codes.
By = Literal["person", "ticket", "control"]


class UnguardedRouteError(RuntimeError):
    """A route stands without an action that the table of permissions knows."""


@dataclass(frozen=True, slots=True)
class Route:
    """One row. ``head`` answers HEAD as well; ``plugin`` names whose page it is.

    ``hidden``: a ticket that may not is answered as if there was nothing here.
    """

    method: str
    path: str
    action: Action
    handler: Handler
    by: By = "person"
    head: bool = True
    plugin: str = ""
    hidden: bool = False
    frame_ancestors: tuple[str, ...] = ()


@dataclass(slots=True)
class Table:
    """The rows by method and path pattern."""

    rows: dict[tuple[str, str], Route] = field(default_factory=dict)

    def of(self, request: web.Request) -> Route | None:
        """Return the row that a request has matched, or None where nothing is."""
        resource = request.match_info.route.resource
        if resource is None:
            return None
        method = "GET" if request.method == "HEAD" else request.method
        return self.rows.get((method, resource.canonical))

    def check(self, app: web.Application) -> None:
        """Raise UnguardedRouteError for a route that no row, or no permission, stands for."""
        for route in app.router.routes():
            where = route.resource.canonical if route.resource is not None else "?"
            method = "GET" if route.method == "HEAD" else route.method
            row = self.rows.get((method, where))
            if row is None or row.action not in PERMISSIONS:
                raise UnguardedRouteError(f"{route.method} {where} has no action")


TABLE: web.AppKey[Table] = web.AppKey("genba.table", Table)


def add(app: web.Application, routes: Iterable[Route]) -> None:
    """Add routes to the application and its table."""
    table = app[TABLE]
    for row in routes:
        added = app.router.add_route(row.method, row.path, row.handler)
        if added.resource is None:
            raise UnguardedRouteError(row.path)
        table.rows[row.method, added.resource.canonical] = row
        if row.method == "GET" and row.head:
            app.router.add_route("HEAD", row.path, row.handler)
