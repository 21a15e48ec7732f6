"""The control WebSocket through the web process."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import aiohttp
import pytest

from genba.errors import GenbaError
from genba.wire.ticket import Ticket, TicketKind, key_of, sign
from tests.kit.house import house
from tests.kit.orders import KEY, ticket
from tests.kit.until import until

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from tests.kit.house import House

LIMIT = 10


def connect(h: House, text: str) -> AbstractAsyncContextManager[aiohttp.ClientWebSocketResponse]:
    return h.nobody.ws_connect("/control", protocols=("genba.v1", f"ticket.{text}"))


async def closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    async with asyncio.timeout(LIMIT):
        async for _ in socket:
            pass
    return socket.close_code


async def test_messages_go_both_ways(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        worker = h.worker(session)
        async with connect(h, ticket(TicketKind.DESK, session)) as page, asyncio.timeout(LIMIT):
            assert page.protocol == "genba.v1", "the ticket is never said back"
            inside = await worker.controls.get()
            await inside.send_json({"type": "state", "state": {}})
            assert await page.receive_json() == {"type": "state", "state": {}}
            command = {"type": "command", "re": 1, "command": {"do": "layout", "kind": "grid"}}
            await page.send_json(command)
            assert json.loads(await worker.heard.get()) == command
            await page.send_json({"type": "watching"})
            assert json.loads(await worker.heard.get()) == {"type": "watching"}


async def test_the_sessions_close_code_reaches_the_page(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        async with connect(h, ticket(TicketKind.GUEST, session)) as page:
            async with asyncio.timeout(LIMIT):
                inside = await h.worker(session).controls.get()
                await inside.send_json({"type": "ended", "reason": "stopped"})
            await inside.close(code=4410)
            assert await closed(page) == 4410


async def test_a_session_that_breaks_off_is_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        async with connect(h, ticket(TicketKind.GUEST, session)) as page:
            async with asyncio.timeout(LIMIT):
                inside = await h.worker(session).controls.get()
            assert inside._req is not None
            transport = inside._req.transport
            assert transport is not None
            transport.abort()
            assert await closed(page) == 1012


async def test_a_page_that_leaves_is_gone_from_the_session(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        async with connect(h, ticket(TicketKind.GUEST, session)) as page, asyncio.timeout(LIMIT):
            inside = await h.worker(session).controls.get()
            await page.close()
            await until(lambda: inside.closed)


@pytest.mark.parametrize(
    ("kind", "message", "code"),
    [
        (TicketKind.CAMERA, '{"type":"command","command":{"do":"record"}}', 4403),
        (TicketKind.GUEST, '{"type":"command","command":{"do":"end"}}', 4403),
        (TicketKind.CAMERA, '{"type":"watching"}', 4403),
        (TicketKind.GUEST, '{"type":"paused","paused":true}', 4403),
        (TicketKind.DESK, '{"type":"paused","paused":true}', 4403),
        (TicketKind.DESK, '{"type":"command","command":{"do":"format"}}', 4400),
        (TicketKind.DESK, '{"type":"command","command":"end"}', 4400),
        (TicketKind.DESK, '{"type":7}', 4400),
        (TicketKind.DESK, "[1]", 4400),
        (TicketKind.DESK, "nonsense", 4400),
        (TicketKind.DESK, "[" * 60000, 4400),
    ],
)
async def test_what_is_not_allowed_never_reaches_the_session(
    tmp_path: Path, kind: TicketKind, message: str, code: int
) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        async with connect(h, ticket(kind, session)) as page:
            async with asyncio.timeout(LIMIT):
                await h.worker(session).controls.get()
            await page.send_str(message)
            assert await closed(page) == code
        assert h.worker(session).heard.empty()


async def test_binary_is_not_understood(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        async with connect(h, ticket(TicketKind.DESK, session)) as page:
            await page.send_bytes(b"x")
            assert await closed(page) == 4400


async def test_who_talks_too_fast_is_let_go(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        async with connect(h, ticket(TicketKind.DESK, session)) as page:
            for _ in range(200):
                if page.closed:
                    break
                await page.send_str('{"type":"watching"}')
            assert await closed(page) == 4429


async def test_bad_tickets_are_told_by_close_codes(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        old = datetime.now(UTC) - timedelta(seconds=1)
        hour = datetime.now(UTC) + timedelta(hours=1)
        cases = {
            "nonsense": 4401,
            sign(b"x" * 32, Ticket(TicketKind.DESK, session, "d", hour)): 4401,
            sign(key_of(KEY, session), Ticket(TicketKind.DESK, session, "d", old)): 4410,
            sign(key_of(KEY, "gone"), Ticket(TicketKind.DESK, "gone", "d", hour)): 4410,
        }
        for text, code in cases.items():
            async with connect(h, text) as page:
                assert await closed(page) == code, text


async def test_a_refusal_of_the_session_is_told_by_its_code(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        for code, close in (("ticket.revoked", 4410), ("ticket.invalid", 4401)):
            h.worker(session).refuse = GenbaError(code)
            async with connect(h, ticket(TicketKind.GUEST, session)) as page:
                assert await closed(page) == close


async def test_without_a_ticket_there_is_no_handshake(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await h.nobody.ws_connect("/control", protocols=("genba.v1",))
        assert refused.value.status == 401
        session = await h.open()
        plain = {"Sec-WebSocket-Protocol": f"ticket.{ticket(TicketKind.DESK, session)}"}
        async with h.nobody.get("/control", headers=plain) as answer:
            assert answer.status == 400


async def test_a_program_may_show_its_ticket_in_a_header(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        mine = {"Authorization": f"Bearer {ticket(TicketKind.DESK, session)}"}
        async with h.nobody.ws_connect("/control", headers=mine), asyncio.timeout(LIMIT):
            await h.worker(session).controls.get()


async def test_a_server_that_stops_has_its_pages_come_back(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        async with connect(h, ticket(TicketKind.DESK, session)) as page:
            async with asyncio.timeout(LIMIT):
                await h.worker(session).controls.get()
            reading = asyncio.create_task(closed(page))
            await h.app.shutdown()
            assert await reading == 1012
