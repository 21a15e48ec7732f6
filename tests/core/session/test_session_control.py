"""What pages hear and say on the control WebSocket."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientWebSocketResponse, WSServerHandshakeError

from genba.wire.ticket import TicketKind
from tests.kit.desk import LIMIT, desk, states
from tests.kit.rtc import Publisher

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.kit.desk import Desk


@asynccontextmanager
async def page(session: Desk, ticket: str) -> AsyncIterator[ClientWebSocketResponse]:
    async with session.client.ws_connect(
        "/control", headers={"Authorization": f"Bearer {ticket}"}
    ) as socket:
        yield socket


async def hears(
    socket: ClientWebSocketResponse, kind: str, true: Callable[[Any], bool] = lambda _: True
) -> dict[str, Any]:
    """Return the next message of a type of which ``true`` holds."""
    async with asyncio.timeout(LIMIT):
        while True:
            message: dict[str, Any] = await socket.receive_json()
            if message["type"] == kind and true(message):
                return message


async def test_a_desk_hears_the_state_and_gets_replies(tmp_path: Path) -> None:
    async with (
        desk(tmp_path) as session,
        page(session, session.ticket(TicketKind.DESK, name="田中")) as socket,
    ):
        first = await hears(socket, "state")
        assert first["state"]["session"] == session.session
        layout = {"do": "layout", "kind": "focus", "focus": 3}
        await socket.send_json({"type": "command", "re": 7, "command": layout})
        reply = await hears(socket, "reply")
        assert (reply["re"], reply["ok"]) == (7, True)
        await hears(socket, "state", lambda m: m["state"]["layout"]["focus"] == 3)
        await socket.send_json({"type": "command", "re": 8, "command": {"do": "explode"}})
        reply = await hears(socket, "reply")
        assert (reply["re"], reply["ok"]) == (8, False)
        assert reply["error"]["code"] == "request.invalid"


async def test_a_camera_knows_who_watches_only_while_frames_show(tmp_path: Path) -> None:
    async with desk(tmp_path) as session:
        bearer = session.ticket(TicketKind.CAMERA, name="屋上", id="cam")
        viewer = session.ticket(TicketKind.DESK, name="田中")
        async with (
            page(session, bearer) as camera,
            page(session, viewer) as watching,
            Publisher(session.answer("/whip", bearer)),
        ):
            live = await hears(
                camera, "camera", lambda m: m["slot"] and m["slot"]["state"] == "live"
            )
            assert (live["watched"], live["watchers"], live["recording"]) == (False, [], False)
            await watching.send_json({"type": "watching"})
            seen = await hears(camera, "camera", lambda m: m["watched"])
            assert seen["watchers"] == ["田中"]
            await hears(camera, "camera", lambda m: not m["watched"])  # nothing said for 3 s


async def test_a_camera_that_pauses_is_shown_as_paused(tmp_path: Path) -> None:
    async with desk(tmp_path) as session:
        bearer = session.ticket(TicketKind.CAMERA, id="cam")
        async with page(session, bearer) as socket, Publisher(session.answer("/whip", bearer)):
            await session.until(lambda s: states(s)[0] == "live")
            await socket.send_json({"type": "paused", "paused": True, "why": "user"})
            await session.until(lambda s: states(s)[0] == "paused")
            await socket.send_json({"type": "paused", "paused": False})
            await session.until(lambda s: states(s)[0] == "live")


async def test_a_guest_sees_names_and_no_more_and_may_not_command(tmp_path: Path) -> None:
    async with desk(tmp_path) as session:
        shared = await session.do(do="publish", kind="browser", options={"minutes": "30"})
        ticket = shared["join_url"].rpartition("/")[2]
        async with page(session, ticket) as socket:
            view = await hears(socket, "view")
            assert view.keys() == {"type", "epoch", "name", "recording", "layout", "cameras"}
            await socket.send_json({"type": "watching"})
            state = await session.until(lambda s: s["publications"][0]["state"] == "on_air")
            assert state["watching"] == [""]
            await socket.send_json({"type": "command", "re": 1, "command": {"do": "end"}})
            async with asyncio.timeout(LIMIT):
                async for _ in socket:  # news that were on their way
                    pass
            assert socket.close_code == 4403


async def test_a_revoked_link_ends_its_pages_and_opens_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as session:
        shared = await session.do(do="publish", kind="browser")
        ticket = shared["join_url"].rpartition("/")[2]
        async with page(session, ticket) as socket:
            await hears(socket, "view")
            await session.do(do="stop_publication", id=shared["id"])
            assert (await hears(socket, "ended"))["reason"] == "stopped"
            await socket.receive()
            assert socket.close_code == 4410
        with pytest.raises(WSServerHandshakeError) as refused:
            async with page(session, ticket):
                pass
        assert refused.value.status == 410


async def test_the_end_of_the_session_is_told_to_every_page(tmp_path: Path) -> None:
    async with (
        desk(tmp_path) as session,
        page(session, session.ticket(TicketKind.DESK)) as one,
        page(session, session.ticket(TicketKind.CAMERA)) as other,
    ):
        await hears(one, "state")
        await one.send_json({"type": "command", "re": 1, "command": {"do": "end"}})
        for socket in (one, other):
            assert (await hears(socket, "ended"))["reason"] == "session_ended"
            await socket.receive()
            assert socket.close_code == 4410


@pytest.mark.parametrize("said", ["{", "[]", '{"type":"dance"}', '{"type":"watching"}'])
async def test_what_a_camera_may_not_say_closes_its_connection(tmp_path: Path, said: str) -> None:
    async with (
        desk(tmp_path) as session,
        page(session, session.ticket(TicketKind.CAMERA)) as socket,
    ):
        await hears(socket, "camera")
        await socket.send_str(said)
        async with asyncio.timeout(LIMIT):
            while not socket.closed:
                await socket.receive()
        assert socket.close_code == 4400
