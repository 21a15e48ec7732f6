"""Every endpoint of the API; docs/api.md is this table as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.server.http.api import invitations, publications, recordings, sessions, trials
from genba.server.http.api.endpoint import Endpoint
from genba.server.http.api.models import Description
from genba.server.http.api.openapi import describe
from genba.server.http.keys import services
from genba.server.identity.permissions import Action

if TYPE_CHECKING:
    from aiohttp import web

    from genba.server.http.route import Route


async def openapi(request: web.Request) -> Description:
    """Describe the API."""
    return Description.model_validate(describe(ENDPOINTS, services(request).base_url))


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/openapi.json",
        Action.DESCRIBE,
        "Read this description (OpenAPI 3.1)",
        openapi,
        answer=Description,
        public=True,
    ),
    *sessions.ENDPOINTS,
    *invitations.ENDPOINTS,
    *publications.ENDPOINTS,
    *recordings.ENDPOINTS,
    *trials.ENDPOINTS,
)


def routes() -> list[Route]:
    """Return the rows."""
    return [endpoint.route() for endpoint in ENDPOINTS]
