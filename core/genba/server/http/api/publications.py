"""Sharing the view: guests' links, meetings, and which ways there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.server.http.api import models as m
from genba.server.http.api.endpoint import Endpoint
from genba.server.http.keys import services
from genba.server.identity.permissions import Action
from genba.wire.command import Publish, StopPublication
from genba.wire.state import PublicationInfo

if TYPE_CHECKING:
    from aiohttp import web

    from genba.api import Publisher

BROWSER = "browser"  # the kind whose publication is a guest's link


async def start(request: web.Request, body: m.NewPublication) -> PublicationInfo:
    """Share the view."""
    return await _publish(
        request, Publish(kind=body.kind, text=body.text, options=dict(body.options))
    )


async def start_link(request: web.Request, body: m.NewLink) -> PublicationInfo:
    """Make a guest's link."""
    options = {"minutes": str(body.minutes)} if body.minutes else {}
    return await _publish(request, Publish(kind=BROWSER, options=options))


async def list_all(request: web.Request) -> m.Publications:
    """List what is shared."""
    return m.Publications(publications=await _listed(request))


async def list_links(request: web.Request) -> m.Publications:
    """List the guests' links."""
    found = [one for one in await _listed(request) if one.kind == BROWSER]
    return m.Publications(publications=found)


async def stop(request: web.Request) -> None:
    """Stop sharing."""
    command = StopPublication(id=request.match_info["publication"])
    await services(request).desk.command(request.match_info["session"], command)


async def list_publishers(request: web.Request) -> m.Publishers:
    """List the ways to share."""
    house = services(request)
    asked = house.plugins.publishers_by_plugin(house.settings.of_plugin)
    return m.Publishers(
        publishers=[_publisher(plugin, one) for plugin, some in asked.items() for one in some]
    )


async def _publish(request: web.Request, command: Publish) -> PublicationInfo:
    data = await services(request).desk.command(request.match_info["session"], command)
    return PublicationInfo.model_validate(data)


async def _listed(request: web.Request) -> list[PublicationInfo]:
    state = await services(request).desk.fresh(request.match_info["session"])
    return state.publications if state is not None else []


def _publisher(plugin: str, publisher: Publisher) -> m.PublisherView:
    info = publisher.info
    return m.PublisherView(
        kind=info.kind,
        plugin=plugin,
        label=f"{plugin}.{info.label}",
        icon=info.icon,
        fields=[
            m.FieldView(
                name=one.name,
                label=f"{plugin}.{one.label}",
                kind=one.kind,
                default=one.default,
                choices=list(one.choices),
                required=one.required,
            )
            for one in info.fields
        ],
        guide=[
            m.GuideStepView(
                picture=f"/plugins/{plugin}/static/{one.picture}", text=f"{plugin}.{one.text}"
            )
            for one in info.guide
        ],
    )


_FAILS = ("session.ended", "server.busy", "publication.failed", "publisher.unknown")
_SHARED = "List what is shared now and what has ended lately"
ENDPOINTS = (
    Endpoint(
        "POST",
        "/sessions/{session}/links",
        Action.PUBLICATION_START,
        "Make a link by which guests see the view",
        start_link,
        body=m.NewLink,
        answer=PublicationInfo,
        status=201,
        errors=_FAILS,
    ),
    Endpoint(
        "GET",
        "/sessions/{session}/links",
        Action.PUBLICATION_LIST,
        "List the guests' links",
        list_links,
        answer=m.Publications,
        errors=("server.busy",),
    ),
    Endpoint(
        "POST",
        "/sessions/{session}/publications",
        Action.PUBLICATION_START,
        "Share the view in a meeting or by a link",
        start,
        body=m.NewPublication,
        answer=PublicationInfo,
        status=201,
        errors=(*_FAILS, "destination.unknown"),
    ),
    Endpoint(
        "GET",
        "/sessions/{session}/publications",
        Action.PUBLICATION_LIST,
        _SHARED,
        list_all,
        answer=m.Publications,
        errors=("server.busy",),
    ),
    Endpoint(
        "DELETE",
        "/sessions/{session}/publications/{publication:[A-Za-z0-9_-]{1,64}}",
        Action.PUBLICATION_STOP,
        "Stop sharing; its links stop working",
        stop,
        status=204,
        errors=("session.ended", "server.busy", "publication.unknown"),
    ),
    Endpoint(
        "GET",
        "/publishers",
        Action.PUBLISHER_LIST,
        "List the ways to share",
        list_publishers,
        answer=m.Publishers,
    ),
)
