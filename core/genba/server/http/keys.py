"""Where routes find what they work with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import web

from genba.server.http.qr import QrCodes
from genba.server.identity.actor import Actor

if TYPE_CHECKING:
    from genba.clock import Clock
    from genba.placement import Placement
    from genba.plugins import Plugins
    from genba.server.desk.desk import Desk
    from genba.server.desk.doors import Doors
    from genba.server.desk.invitations import Invitations
    from genba.server.desk.throttle import Throttle
    from genba.server.desk.tickets import Tickets
    from genba.server.desk.trials import Trials
    from genba.server.http.origin import Origins
    from genba.server.identity.signins import SignIns
    from genba.server.storage.media import MediaStore
    from genba.server.storage.reports import Reports
    from genba.settings import Settings


@dataclass(slots=True)
class Services:
    """Everything that a route may use; built and opened by the composition root.

    ``signin_key`` and ``api_token`` are empty until the application has started.
    """

    settings: Settings
    clock: Clock
    placement: Placement
    plugins: Plugins
    desk: Desk
    doors: Doors
    invitations: Invitations
    throttle: Throttle
    test_throttle: Throttle
    trials: Trials
    reports: Reports
    tickets: Tickets
    media: MediaStore
    signins: SignIns
    origins: Origins
    base_url: str
    qr: QrCodes = field(default_factory=QrCodes)
    signin_key: bytes = b""
    api_token: str = ""


SERVICES: web.AppKey[Services] = web.AppKey("genba.services")
ACTOR: web.RequestKey[Actor] = web.RequestKey("genba.actor", Actor)
REQUEST_ID: web.RequestKey[str] = web.RequestKey("genba.request_id", str)


def services(request: web.Request) -> Services:
    """Return what the application works with."""
    return request.app[SERVICES]
