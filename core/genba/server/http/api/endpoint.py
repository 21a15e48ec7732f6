"""One endpoint of the API: its row in the table, and how its JSON is read and written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web
from pydantic import BaseModel, ValidationError

from genba.errors import GenbaError
from genba.server.http.route import Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from genba.server.http.route import Handler
    from genba.server.identity.permissions import Action

PREFIX = "/api/v1"
# What may go wrong anywhere, beside what each endpoint names.
COMMON_ERRORS = ("forbidden.origin", "method", "not_found", "server.failed")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``handler`` takes the request and, with ``body``, the model that was read.

    It returns a model (answered with ``status``), None (204), or a whole response, such as a file
    of the type ``media``. ``query`` describes what may stand behind the question mark.
    """

    method: str
    path: str
    action: Action
    summary: str
    handler: Callable[..., Awaitable[BaseModel | web.StreamResponse | None]]
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    errors: tuple[str, ...] = ()
    media: str = "application/json"
    query: Mapping[str, str] = field(default_factory=dict)
    public: bool = False

    def route(self) -> Route:
        """Return the row of the table of routes."""
        return Route(self.method, PREFIX + self.path, self.action, self._serve())

    def all_errors(self) -> tuple[str, ...]:
        """Return every error code that this endpoint may answer."""
        more: tuple[str, ...] = () if self.public else ("signin.required",)
        if self.body is not None:
            more += ("request.invalid", "request.type", "request.too_large")
        return tuple(dict.fromkeys((*self.errors, *more, *COMMON_ERRORS)))

    def _serve(self) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            given = () if self.body is None else (await _read(request, self.body),)
            answer = await self.handler(request, *given)
            if answer is None:
                return web.Response(status=204)
            if isinstance(answer, web.StreamResponse):
                return answer
            return web.Response(
                text=answer.model_dump_json(), status=self.status, content_type="application/json"
            )

        return serve


async def _read(request: web.Request, model: type[BaseModel]) -> BaseModel:
    """Return the body as its model; an empty one stands for ``{}``."""
    data = await request.read()
    if data and request.content_type != "application/json":
        raise GenbaError("request.type", "Send application/json.")
    try:
        return model.model_validate_json(data or b"{}")
    except ValidationError as error:
        raise GenbaError("request.invalid", _first(error)) from None


def _first(error: ValidationError) -> str:
    first: Mapping[str, Any] = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
