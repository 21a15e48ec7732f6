"""The gate in front of every handler: who asks, from where, and whether they may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from structlog.contextvars import bind_contextvars

from genba.errors import GenbaError
from genba.server.http.keys import ACTOR, services
from genba.server.http.origin import SAFE
from genba.server.http.pace import PACE
from genba.server.http.route import TABLE
from genba.server.http.who import address, bearer_text, person, ticket_bearer
from genba.server.identity.actor import NOBODY, ActorKind
from genba.server.identity.permissions import Thing, allows

if TYPE_CHECKING:
    from genba.server.http.pace import What
    from genba.server.http.route import Handler, Route
    from genba.server.identity.actor import Actor
    from genba.server.storage.media import Kind


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through what the table of permissions allows; all else is refused here."""
    if request.match_info.http_exception is not None:
        return await handler(request)  # nothing is there: 404 or 405, whoever asks
    row = request.app[TABLE].of(request)
    if row is None:
        raise GenbaError("not_found")
    match row.by:
        case "person":
            actor = await _check_person(request, row)
        case "ticket":
            actor = await _check_ticket(request, row)
        case _:
            services(request).origins.refuse_foreign(request, ambient=False)
            actor = NOBODY
    if actor.session:
        bind_contextvars(session=actor.session)
    request[ACTOR] = actor
    return await handler(request)


async def _check_person(request: web.Request, row: Route) -> Actor:
    actor = await person(request)
    if request.method not in SAFE and actor.kind is not ActorKind.OPERATOR:
        services(request).origins.refuse_foreign(request, ambient=False)
    elif request.method not in SAFE and actor.ambient:
        services(request).origins.refuse_foreign(request, ambient=True)
    if not allows(actor, row.action):
        raise GenbaError("signin.required" if actor.kind is ActorKind.NOBODY else "not_found")
    thing = await _thing(request)
    if thing is not None and thing.session:
        bind_contextvars(session=thing.session)
    if thing is None or not allows(actor, row.action, thing):
        raise GenbaError("not_found")  # another group's thing looks like none at all
    return actor


async def _check_ticket(request: web.Request, row: Route) -> Actor:
    pace = request.app[PACE]
    what: What = "begin" if request.method == "POST" else "go_on"
    await pace.from_address(address(request), what)
    text = bearer_text(request)
    if not text:
        raise GenbaError("ticket.invalid", "Authorization: Bearer is missing.")
    actor = ticket_bearer(request, text)
    if not allows(actor, row.action, Thing(session=actor.session)):
        if row.hidden:
            raise GenbaError("not_found")
        raise GenbaError("ticket.invalid", "This ticket is for something else.")
    link = request.match_info.get("link")
    if link is not None:
        session = link.partition(".")[0]
        if not allows(actor, row.action, Thing(session=session)):
            raise GenbaError("link.unknown")  # whether or not such a link is open
    await pace.of_bearer(actor, what)
    return actor


async def _thing(request: web.Request) -> Thing | None:
    """Return what the path names; None where there is no such thing."""
    house = services(request)
    names = request.match_info
    if "session" in names:
        record = house.desk.find(names["session"])
        return Thing(record.group, record.id) if record is not None else None
    kinds: tuple[Kind, ...] = ("recording", "still")
    for kind in kinds:
        if kind in names:
            meta = await house.media.get(kind, names[kind])
            return Thing(meta.group, meta.session) if meta is not None else None
    return Thing()
