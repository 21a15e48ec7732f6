"""A plugin of somebody else: shows the view on a signboard that opens any address."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiohttp import web

from genba.api import PublisherInfo, PublishError, Setting, hookimpl, link_publication

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from genba.api import Destination, Publication, SessionInfo, View

started: list[str] = []


class Signboard:
    """Publishes to the one signboard that the settings name."""

    info = PublisherInfo("signboard", label="kind", icon="desktop")

    def __init__(self, address: str) -> None:
        """Take the signboard's address."""
        self._address = address

    def recognises(self, destination: Destination) -> bool:
        """Know the word for it."""
        return destination.text == "signboard:hall"

    @asynccontextmanager
    async def publish(
        self, view: View, destination: Destination
    ) -> AsyncGenerator[Publication, None]:
        """Show a link's page there."""
        if not self._address:
            raise PublishError("signboard.none", "none")
        async with link_publication(view, "signboard", destination) as publication:
            yield publication


@hookimpl
def genba_settings() -> list[Setting]:
    """Ask for the address."""
    return [Setting("address", "", "Where the signboard listens.", kind="url")]


@hookimpl
def genba_publishers(settings: Mapping[str, object]) -> list[Signboard]:
    """Offer the signboard."""
    return [Signboard(str(settings["address"]))]


@hookimpl
def genba_routes() -> list[web.AbstractRouteDef]:
    """Add a page of its own."""

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="signboard")

    return [web.get("/hello", hello)]


@hookimpl
async def genba_session_started(session: SessionInfo) -> None:
    """Remember it."""
    started.append(session.id)
