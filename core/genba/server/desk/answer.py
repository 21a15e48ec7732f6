"""Asks a session process, and turns its refusals into the house's own errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
from pydantic import ValidationError

from genba.errors import PROBLEMS, GenbaError
from genba.wire.command import COMMAND, Reply
from genba.wire.state import SessionState

if TYPE_CHECKING:
    from genba.server.desk.doors import Doors
    from genba.wire.command import Command

PATIENCE = aiohttp.ClientTimeout(total=15, connect=5)
LIMIT = 1 << 20  # bytes of one answer
_OK = 200


def refusal(problem: object) -> GenbaError:
    """Return the error that a problem (RFC 9457) from a session process stands for."""
    body = problem if isinstance(problem, dict) else {}
    code = str(body.get("code", ""))
    if code not in PROBLEMS:
        return GenbaError("server.failed", "The session process refused.")
    return GenbaError(code, str(body.get("detail", "")))


async def command(doors: Doors, session: str, what: Command) -> dict[str, Any]:
    """Have a command carried out and return its data; raises what the session answers."""
    body = COMMAND.dump_json(what)
    headers = {"Content-Type": "application/json"}
    text = await _ask(doors, session, "POST", "/command", data=body, headers=headers)
    try:
        reply = Reply.model_validate_json(text)
    except ValidationError as error:
        raise GenbaError("server.failed", "The session process answered nonsense.") from error
    if not reply.ok:
        raise refusal(reply.error)
    return reply.data


async def state(doors: Doors, session: str) -> SessionState:
    """Return what is true now."""
    try:
        return SessionState.model_validate_json(await _ask(doors, session, "GET", "/state"))
    except ValidationError as error:
        raise GenbaError("server.failed", "The session process answered nonsense.") from error


async def facts(doors: Doors, session: str, path: str) -> dict[str, Any]:
    """Return the JSON object behind a worker's path."""
    try:
        found = json.loads(await _ask(doors, session, "GET", path))
    except ValueError as error:
        raise GenbaError("server.failed", "The session process answered nonsense.") from error
    if not isinstance(found, dict):
        raise GenbaError("server.failed", "The session process answered nonsense.")
    return found


async def _ask(doors: Doors, session: str, method: str, path: str, **more: Any) -> bytes:
    client = await doors.http(session)
    try:
        async with client.request(method, path, timeout=PATIENCE, **more) as answer:
            if answer.status != _OK:
                raise refusal(await _problem(answer))
            body = await answer.content.read(LIMIT)
            while not answer.content.at_eof() and len(body) < LIMIT:
                body += await answer.content.read(LIMIT - len(body))
            return body
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise GenbaError("server.busy", "The session process does not answer.") from error


async def _problem(answer: aiohttp.ClientResponse) -> object:
    try:
        return await answer.json(content_type=None)
    except ValueError:
        return None
