"""A real session process that is fed by its doors: bodies of WHIP and WHEP, control messages."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import TYPE_CHECKING

import aiohttp

from genba.wire.ticket import TicketKind
from tests.fuzz.mutate import spoil_text
from tests.fuzz.run import LIMIT, Outcome
from tests.kit.orders import ticket

if TYPE_CHECKING:
    from tests.fuzz.targets import Target
    from tests.kit.sessionprocess import SessionProcess

FRAGMENT = (
    b"a=ice-ufrag:u\r\na=ice-pwd:p\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
    b"a=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\na=end-of-candidates\r\n"
)
_FAULT = 500
TRIES = 3


class Bodies:
    """Posts spoiled offers, spoiled fragments to what came of them, and hangs up.

    A fault is an answer of 500 and more. Times are what the client waits; a body that took too
    long is sent again, so that only what is slow each time counts as slow.
    """

    def __init__(self, session: SessionProcess) -> None:
        self.outcome, self.statuses = Outcome(), Counter[int]()
        self._client = session.client
        self._bearer = ticket(TicketKind.CAMERA, session.order.session, id="c")

    async def feed(self, offers: Target, count: int, seed: int) -> None:
        """Send at least so many bodies."""
        chance = random.Random(seed)  # noqa: S311  the same each time
        while self.outcome.inputs < count:
            body = offers.mutate(chance, offers.corpus)
            for path in ("/whip", "/whep"):
                where = await self._send("POST", path, body)
                if where:
                    await self._send("PATCH", where, spoil_text(chance, [FRAGMENT]))
                    await self._send("DELETE", where, b"")

    async def _send(self, method: str, path: str, body: bytes) -> str:
        """Return where the call stands that came of it."""
        waits: list[float] = []
        status, where = 0, ""
        while len(waits) < TRIES:
            begun = time.perf_counter()
            status, where = await self._ask(method, path, body)
            waits.append(time.perf_counter() - begun)
            if waits[-1] <= LIMIT or method == "DELETE":
                break
        self.statuses[status] += 1
        self.outcome.note(min(waits), body)
        if status >= _FAULT:
            self.outcome.broke(f"{method} {path}: {status}", body)
        return where if status == 201 else ""

    async def _ask(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        kind = "application/trickle-ice-sdpfrag" if method == "PATCH" else "application/sdp"
        headers = {"Authorization": f"Bearer {self._bearer}", "Content-Type": kind}
        async with self._client.request(method, path, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status, answer.headers.get("Location", "")


async def feed_control(
    session: SessionProcess, said: Target, count: int, seed: int
) -> tuple[Outcome, Counter[int]]:
    """Say spoiled messages on the control WebSocket; come back wherever it ends.

    A fault is a close code of 1006 or 1011: a handler that broke.
    """
    chance, outcome, codes = random.Random(seed), Outcome(), Counter[int]()  # noqa: S311  the same each time
    bearer = ticket(TicketKind.DESK, session.order.session, name="x")
    left = count
    while left:
        async with session.client.ws_connect(
            "/control", headers={"Authorization": f"Bearer {bearer}"}
        ) as socket:
            await socket.receive()
            while left:
                left -= 1
                text = said.mutate(chance, said.corpus).decode("utf-8", "replace")
                begun = time.perf_counter()
                await socket.send_str(text)
                await socket.send_str('{"type": "command", "re": 77, "command": {"do": "none"}}')
                code = await _answered(socket)
                outcome.note(time.perf_counter() - begun, text.encode())
                if code:
                    codes[code] += 1
                    if code in {aiohttp.WSCloseCode.ABNORMAL_CLOSURE, 1011}:
                        outcome.broke(f"closed with {code}", text.encode())
                    break
    return outcome, codes


async def _answered(socket: aiohttp.ClientWebSocketResponse) -> int:
    """Return 0 once the message behind the spoiled one is answered, or the close code."""
    while True:
        message = await socket.receive(10)
        if message.type is not aiohttp.WSMsgType.TEXT:
            return socket.close_code or int(aiohttp.WSCloseCode.ABNORMAL_CLOSURE)
        if '"re": 77' in message.data:
            return 0
