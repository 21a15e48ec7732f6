"""The language that a person reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.server.http.keys import services

if TYPE_CHECKING:
    from aiohttp import web

LANGUAGES = ("ja", "en")
COOKIE = "genba_lang"
YEAR = 365 * 24 * 3600


def of(request: web.Request) -> str:
    """Return ``ja`` or ``en``: the address' ``lang``, the cookie, the browser, the setting."""
    for said in (request.query.get("lang"), request.cookies.get(COOKIE)):
        if said in LANGUAGES:
            return said
    return _accepted(request.headers.get("Accept-Language", "")) or (
        services(request).settings.server.language
    )


def remember(request: web.Request, response: web.StreamResponse) -> None:
    """Keep a language that was chosen by the address."""
    said = request.query.get("lang")
    if said in LANGUAGES:
        response.set_cookie(
            COOKIE,
            said,
            max_age=YEAR,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=services(request).origins.https,
        )


def _accepted(header: str) -> str:
    """Return the language that Accept-Language (RFC 9110, 12.5.4) ranks first among ours."""
    best, weight = "", 0.0
    for part in header[:500].split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().partition("-")[0]
        value = parameters.strip().removeprefix("q=")
        try:
            q = float(value) if parameters.strip() else 1.0
        except ValueError:
            continue
        if language in LANGUAGES and q > weight:
            best, weight = language, q
    return best
