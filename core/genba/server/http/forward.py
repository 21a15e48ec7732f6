"""WHIP and WHEP: who may is decided here, the session process does the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from genba.errors import GenbaError
from genba.server.http.keys import ACTOR, REQUEST_ID, services
from genba.server.http.route import Route
from genba.server.http.who import bearer_text, ticket_bearer
from genba.server.identity.actor import ActorKind
from genba.server.identity.permissions import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genba.server.identity.actor import Actor

PATIENCE = aiohttp.ClientTimeout(total=20, connect=5)
LIMIT = 64 * 1024  # bytes of an offer or a fragment
ANSWER_LIMIT = 256 * 1024
_ASKED = ("Authorization", "Content-Type", "If-Match")
_ANSWERED = (
    "Content-Type",
    "ETag",
    "Link",
    "Accept-Patch",
    "Accept-Post",
    "Allow",
    "Retry-After",
    "Cache-Control",
)
_QUERY = {"quality": ("auto", "low", "high"), "narrow": ("1",)}  # what an offer may say so
_CORS = {
    # Bearer tickets are all the authority there is: no cookie counts, so any page may try.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Location, ETag, Link, Accept-Patch, X-Request-Id",
}
_RELAYED = (ActorKind.DESK, ActorKind.CAMERA, ActorKind.GUEST)  # who may use the TURN server
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "OPTIONS, GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Max-Age": "600",
    "Allow": "OPTIONS, POST, PATCH, DELETE",
    "Accept-Post": "application/sdp",
    "Accept-Patch": "application/trickle-ice-sdpfrag",
}


async def cors(request: web.Request, response: web.StreamResponse) -> None:
    """Let pages of other sites use WHIP and WHEP; connected to ``on_response_prepare``."""
    if request.path.startswith(("/whip", "/whep")):
        for name, value in _CORS.items():
            response.headers.setdefault(name, value)


async def post(request: web.Request) -> web.Response:
    """Forward an offer; the session's id becomes part of the new link's address."""
    kind = _kind(request)
    said = [(name, request.query.get(name)) for name in _QUERY]
    query = "&".join(f"{name}={value}" for name, value in said if value in _QUERY[name])
    return await _begin(request, f"/{kind}{'?' if query else ''}{query}", f"/{kind}/")


async def _begin(request: web.Request, path: str, prefix: str) -> web.Response:
    session = request[ACTOR].session
    answer = await _forward(request, session, path, await _body(request))
    location = answer.headers.get("Location", "")
    if location.startswith(prefix):
        answer.headers["Location"] = f"{prefix}{session}.{location.removeprefix(prefix)}"
        _add_relay(request, request[ACTOR], answer)
    return answer


async def post_look(request: web.Request) -> web.Response:
    """Forward an offer for one camera; its link is one below ``/whep`` like any other."""
    path = f"/whep/cameras/{request.match_info['camera']}"
    return await _begin(request, path, "/whep/")


async def patch(request: web.Request) -> web.Response:
    """Forward trickled candidates."""
    return await _forward(request, *_link(request), await _body(request))


async def delete(request: web.Request) -> web.Response:
    """Forward a goodbye."""
    return await _forward(request, *_link(request), b"")


async def quality(request: web.Request) -> web.Response:
    """Forward what a viewer asks of its own link: which quality it gets, or another wish."""
    session, path = _link(request)
    return await _forward(request, session, f"{path}/quality", await _body(request))


async def picture(request: web.Request) -> web.Response:
    """Forward one picture of the view, for a viewer whose link carries no moving one."""
    return await _forward(request, request[ACTOR].session, "/whep/picture", b"")


async def options(request: web.Request) -> web.Response:
    """Answer a browser's preflight; whoever shows a ticket is told the ICE servers as well."""
    text = bearer_text(request)
    if text:
        actor = ticket_bearer(request, text)
        answer = await _forward(request, actor.session, f"/{_kind(request)}", b"")
        _add_relay(request, actor, answer)
    else:
        answer = web.Response(status=204)
    for name, value in _PREFLIGHT.items():
        answer.headers.setdefault(name, value)
    return answer


def _add_relay(request: web.Request, actor: Actor, answer: web.Response) -> None:
    """Name the TURN server to a ticket's bearer.

    The session process names those of its order; what makes credentials stays out of it.
    """
    relay = services(request).tickets.relay
    if relay is not None and actor.kind in _RELAYED:
        for server in relay.servers(actor.id, shared=actor.kind is ActorKind.GUEST):
            answer.headers.add("Link", server.link())


def _kind(request: web.Request) -> str:
    return request.path.split("/", 2)[1]


def _link(request: web.Request) -> tuple[str, str]:
    """Return the session and the worker's path of a link, whose session the guard has checked."""
    session, _, name = request.match_info["link"].partition(".")
    return session, f"/{_kind(request)}/{name}"


async def _body(request: web.Request) -> bytes:
    """Return the body; more than the limit is refused before it is read."""
    if (request.content_length or 0) > LIMIT:
        raise GenbaError("request.too_large", "An offer has at most 64 KiB.")
    data = b""
    async for chunk in request.content.iter_chunked(LIMIT):
        data += chunk
        if len(data) > LIMIT:
            raise GenbaError("request.too_large", "An offer has at most 64 KiB.")
    return data


async def _forward(request: web.Request, session: str, path: str, body: bytes) -> web.Response:
    headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
    headers["X-Request-Id"] = request[REQUEST_ID]
    client = await services(request).doors.http(session)
    try:
        async with client.request(
            request.method,
            path,
            data=body or None,
            headers=headers,
            timeout=PATIENCE,
            skip_auto_headers=("Content-Type",),
        ) as answer:
            text = await answer.content.read(ANSWER_LIMIT)
            while not answer.content.at_eof() and len(text) < ANSWER_LIMIT:
                text += await answer.content.read(ANSWER_LIMIT - len(text))
            return web.Response(
                status=answer.status, body=text or None, headers=_kept(answer.headers)
            )
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise GenbaError("server.busy", "The session process does not answer.") from error


def _kept(headers: Mapping[str, str]) -> CIMultiDict[str]:
    kept: CIMultiDict[str] = CIMultiDict()
    for name, value in headers.items():
        if name.title() in {one.title() for one in (*_ANSWERED, "Location")}:
            kept.add(name, value)
    return kept


def routes() -> list[Route]:
    """Return the rows."""
    link = "{link:[A-Za-z0-9_-]{1,64}[.][A-Za-z0-9_-]{1,64}}"
    found = []
    for kind, action in (("whip", Action.WHIP), ("whep", Action.WHEP)):
        found += [
            Route("OPTIONS", f"/{kind}", Action.MEDIA_OPTIONS, options),
            Route("POST", f"/{kind}", action, post, by="ticket"),
            Route("OPTIONS", f"/{kind}/{link}", Action.MEDIA_OPTIONS, options),
            Route("PATCH", f"/{kind}/{link}", action, patch, by="ticket"),
            Route("DELETE", f"/{kind}/{link}", action, delete, by="ticket"),
        ]
    look = "/whep/cameras/{camera:[A-Za-z0-9_-]{1,64}}"
    return [
        *found,
        Route("OPTIONS", look, Action.MEDIA_OPTIONS, options),
        Route("POST", look, Action.WHEP_CAMERA, post_look, by="ticket", hidden=True),
        Route("OPTIONS", f"/whep/{link}/quality", Action.MEDIA_OPTIONS, options),
        Route("GET", f"/whep/{link}/quality", Action.WHEP, quality, by="ticket", head=False),
        Route("PUT", f"/whep/{link}/quality", Action.WHEP, quality, by="ticket"),
        Route("OPTIONS", "/whep/picture", Action.MEDIA_OPTIONS, options),
        Route("GET", "/whep/picture", Action.WHEP_PICTURE, picture, by="ticket", head=False),
    ]
