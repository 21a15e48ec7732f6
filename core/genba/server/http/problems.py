"""Errors as answers: problem+json for programs, a page for people."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from aiohttp import web

from genba.errors import GenbaError
from genba.server.http.keys import REQUEST_ID
from genba.server.http.pages import RENDERER

if TYPE_CHECKING:
    from genba.server.http.route import Handler

log = logging.getLogger(__name__)
PROBLEM = "application/problem+json"
_PROGRAMS = ("/api/", "/whip", "/whep", "/control", "/test/", "/healthz", "/readyz")
_OF_STATUS = {404: "not_found", 405: "method", 413: "request.too_large", 415: "request.type"}
_RETRY_AFTER = {
    "rate.limited": "60",
    "server.busy": "5",
    "session.limit": "30",
    "session.returning": "2",
}
_REDIRECT, _BROKEN = 300, 500


def for_program(request: web.Request) -> bool:
    """Say whether whoever asks reads JSON rather than a page."""
    return request.path.startswith(_PROGRAMS)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error in the house's one shape; what broke is in the log by request id."""
    try:
        return await handler(request)
    except GenbaError as error:
        return answer(request, error)
    except web.HTTPException as error:
        if error.status < _BROKEN and error.status // 100 in (2, 3):
            raise
        code = "server.failed" if error.status >= _BROKEN else "request.invalid"
        said = answer(request, GenbaError(_OF_STATUS.get(error.status, code)))
        if "Allow" in error.headers:
            said.headers["Allow"] = error.headers["Allow"]
        return said
    except ConnectionError as error:
        if request.transport is None or request.transport.is_closing():
            raise  # the client went away; nobody is left to tell
        log.warning("request %s: another process is gone: %r", request[REQUEST_ID], error)
        return answer(request, GenbaError("server.busy"))
    except Exception:
        log.exception("request %s failed", request[REQUEST_ID])
        return answer(request, GenbaError("server.failed"))


def answer(request: web.Request, error: GenbaError) -> web.Response:
    """Return the error as this client reads it."""
    number = request[REQUEST_ID]
    if for_program(request):
        said = web.json_response(
            {**error.body(), "request_id": number}, status=error.status, content_type=PROBLEM
        )
        if error.status == 401:  # noqa: PLR2004 (RFC 9110, 11.6.1)
            said.headers["WWW-Authenticate"] = 'Bearer realm="genba"'
    else:
        said = request.app[RENDERER].error(request, error, number)
    if error.retry_after is not None:
        said.headers["Retry-After"] = str(error.retry_after)
    elif error.code in _RETRY_AFTER:
        said.headers["Retry-After"] = _RETRY_AFTER[error.code]
    return said
