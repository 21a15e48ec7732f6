"""What a desk's commands do, and the replies."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from genba.api import Destination, EndReason
from genba.errors import GenbaError
from genba.session.publishing.publications import recognise
from genba.wire import command as c
from genba.wire.state import Layout

if TYPE_CHECKING:
    from genba.session.session import Session

log = logging.getLogger(__name__)


def parse(text: str | bytes | dict[str, Any]) -> c.Command:
    """Return the command; raises ``request.invalid`` naming the first fault."""
    try:
        if isinstance(text, dict):
            return c.COMMAND.validate_python(text)
        return c.COMMAND.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise GenbaError("request.invalid", f"{where}: {first['msg']}") from error


async def run(session: Session, command: c.Command) -> c.Reply:
    """Carry it out; a GenbaError becomes a reply that says so."""
    try:
        return c.Reply(ok=True, data=await _run(session, command))
    except GenbaError as error:
        return c.Reply(ok=False, error=error.body())
    except Exception:  # the supporter's page goes on, whatever one command came to
        log.exception("command %s failed", command.do)
        return c.Reply(ok=False, error=GenbaError("server.failed").body())


async def _run(session: Session, command: c.Command) -> dict[str, Any]:
    match command:
        case c.SetLayout():
            session.set_layout(Layout(kind=command.kind, focus=command.focus))
        case c.StartRecording():
            return {"id": await session.archive.start()}
        case c.StopRecording():
            return {"id": session.archive.stop()}
        case c.TakeStill():
            return await _still(session, command.slot)
        case c.Publish():
            return await _publish(session, command)
        case c.StopPublication():
            await session.publications.stop(command.id)
        case c.EndSession():
            session.end(EndReason.STOPPED)
        case _:
            await _camera(session, command)
    return {}


async def _camera(session: Session, command: c.RenameCamera | c.RemoveCamera | c.EndBearer) -> None:
    match command:
        case c.RenameCamera():
            session.cameras.rename(command.slot, command.name)
        case c.RemoveCamera():
            await session.end_bearer(session.cameras.taken(command.slot))
        case c.EndBearer():
            await session.end_bearer(command.id)


async def _still(session: Session, slot: int) -> dict[str, Any]:
    frame, name = await session.picture(), ""  # for the cameras too: they may have rested
    if slot:
        await session.cameras.full_size(slot)
        seat = session.cameras.seat(slot)
        frame, name = seat.frames.frame, seat.name
    meta = await session.archive.still(frame, slot, name)
    return {"id": meta.id, "width": meta.width, "height": meta.height}


async def _publish(session: Session, command: c.Publish) -> dict[str, Any]:
    destination = Destination(text=command.text, options=command.options)
    if command.kind:
        publisher = session.publishers.get(command.kind)
        if publisher is None:
            raise GenbaError("publisher.unknown")
    else:
        publisher = recognise(session.publishers, command.text)
    info = await session.publications.start(publisher, destination)
    return info.model_dump(mode="json")
