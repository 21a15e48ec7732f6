"""What every answer says to the browser about what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.server.http.keys import REQUEST_ID, services
from genba.server.http.route import TABLE

if TYPE_CHECKING:
    from aiohttp import web

YEAR = 365 * 24 * 3600
_GRANTED = ("camera", "microphone", "display-capture", "autoplay", "fullscreen", "screen-wake-lock")
_DENIED = ("geolocation", "payment", "usb", "serial", "hid", "midi")
_PERMISSIONS = ", ".join(
    [f"{name}=(self)" for name in _GRANTED] + [f"{name}=()" for name in _DENIED]
)


async def on_prepare(request: web.Request, response: web.StreamResponse) -> None:
    """Add them; connected to the application's ``on_response_prepare``."""
    row = request.app[TABLE].of(request)
    ancestors = row.frame_ancestors if row is not None else ()
    headers = response.headers
    headers["X-Request-Id"] = request.get(REQUEST_ID, "")
    headers["Content-Security-Policy"] = _policy(request, ancestors)
    if not ancestors:
        headers["X-Frame-Options"] = "DENY"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = _PERMISSIONS
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers.setdefault("Cache-Control", "no-store")
    if services(request).settings.server.public_url.startswith("https:"):
        headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    headers.pop("Server", None)


def _policy(request: web.Request, ancestors: tuple[str, ...]) -> str:
    origins = services(request).origins
    sockets = f"{'wss' if origins.https else 'ws'}://{origins.host(request)}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            f"connect-src 'self' {sockets}",
            "font-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            f"frame-ancestors {' '.join(ancestors) or chr(39) + 'none' + chr(39)}",
        )
    )
