"""What an offer can ask of the server: nothing but an answer, and that soon."""

from __future__ import annotations

import asyncio
import random
import socket
import statistics
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from genba.errors import GenbaError
from genba.session.camera.decoder import Decoder
from genba.session.peer.offer import read_offer
from genba.wire.ticket import TicketKind
from tests.fuzz.mutate import spoil_text
from tests.fuzz.targets import targets
from tests.kit.attacked import attacked
from tests.kit.desk import RefusedError, desk
from tests.kit.rtc import Publisher, ToneTrack
from tests.kit.sdp import AUDIO, HEAD, VIDEO, offer, section

if TYPE_CHECKING:
    from pathlib import Path

    from genba.session.camera.unit import AccessUnit

COUNT = 6000
EVERY_TYPE = " ".join(map(str, [*range(40), *range(96, 128)]))
CODECS = "\r\n".join(f"a=rtpmap:{n} VP8/90000" for n in map(int, EVERY_TYPE.split()))


def heavy(mid: str, *lines: str) -> str:
    return section(f"video 9 UDP/TLS/RTP/SAVPF {EVERY_TYPE}", mid, [CODECS, *lines])


# Each would cost a parser without limits between ten milliseconds and seconds.
BOMBS = {
    "4 MiB of candidates": offer(VIDEO) + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" * 85_000,
    "4 MiB of m-lines": HEAD + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" * 130_000,
    "4 MiB without a line": "v=0" + "x" * (4 << 20),
    "64 KiB of line ends": "v=0\r\n" + "\n" * 65_000,
    "64 KiB of m-lines": HEAD + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" * 1900,
    "64 KiB of candidates": offer(VIDEO) + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" * 1300,
    "feedback for every codec": offer(*[heavy(m, *["a=rtcp-fb:* nack"] * 400) for m in "123"]),
    "codecs in eight m-lines": offer(*[heavy(m) for m in "12345678"]),
    "sources": offer(*[VIDEO + "".join(f"a=ssrc:{n} c:x\r\n" for n in range(300))] * 8),
    "groups": offer(VIDEO) + "a=ssrc-group:FID 1 2\r\n" * 1900,
    "a long group": HEAD + "a=group:BUNDLE " + "1 " * 30_000 + "\r\n" + VIDEO,
    "a long list of formats": offer(VIDEO.replace("SAVPF 96 97", "SAVPF " + "96 " * 20_000)),
    "a long parameter": offer(VIDEO) + "a=fmtp:96 " + "a=1;" * 15_000 + "\r\n",
    "the most that is read": offer(*[heavy(m, *["a=rtcp-fb:96 nack"] * 46) for m in "123"]),
}


def timed(text: str) -> tuple[float, GenbaError | None]:
    """Return the milliseconds of this thread's processor that reading took, and the refusal."""
    begun = time.thread_time()
    fault = None
    try:
        read_offer(text, "publish")
    except GenbaError as error:
        fault = error
    return (time.thread_time() - begun) * 1000, fault


@pytest.mark.parametrize("name", BOMBS)
def test_a_heavy_offer_is_refused_by_counting(name: str) -> None:
    took, fault = timed(BOMBS[name])
    print(f"{name}: {len(BOMBS[name])} characters, {took:.2f} ms, {fault}")  # noqa: T201
    if name == "the most that is read":
        assert fault is None
    else:
        assert fault is not None
        assert (fault.code, fault.status) == ("offer.malformed", 400)
        assert "at most" in fault.detail or "too many" in fault.detail or "64 KiB" in fault.detail


async def test_every_fault_of_the_parser_is_a_400_with_a_reason() -> None:
    """Six thousand offers, spoiled in the ways that break parsers; the same ones each time."""
    chance, target = random.Random(5), targets()["offer"]  # noqa: S311  the same each time
    times, reasons = [], set()
    for _ in range(COUNT):
        took, fault = timed(spoil_text(chance, target.corpus).decode("utf-8", "replace"))
        times.append(took)
        if fault is not None:
            assert fault.status in (400, 406)
            assert fault.body()["detail"]
            reasons.add(fault.detail)
    p99 = statistics.quantiles(times, n=100)[98]
    print(f"{COUNT} spoiled offers: p99 {p99:.2f} ms, slowest {max(times):.2f} ms")  # noqa: T201
    assert len(reasons) > 10, "the parser's own faults are told apart"


def listeners(stack: ExitStack, count: int = 4) -> list[socket.socket]:
    """Inner services that nobody outside should reach, by UDP and TCP."""
    made = []
    for number in range(count):
        kind = socket.SOCK_STREAM if number % 2 else socket.SOCK_DGRAM
        one = stack.enter_context(socket.socket(socket.AF_INET, kind))
        one.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            one.listen()
        one.setblocking(False)
        made.append(one)
    return made


def candidates(inner: list[socket.socket]) -> str:
    """Name them as every kind of candidate."""
    lines = []
    for number, one in enumerate(inner):
        port = one.getsockname()[1]
        way = "tcp" if one.type == socket.SOCK_STREAM else "udp"
        more = " tcptype passive" if way == "tcp" else ""
        lines += [
            f"a=candidate:{number} 1 {way} 99 127.0.0.1 {port} typ {kind}{more}"
            for kind in ("host", "srflx raddr 127.0.0.1 rport 9", "relay raddr 127.0.0.1 rport 9")
        ]
    return "\r\n".join(lines) + "\r\n"


def reached(inner: list[socket.socket]) -> list[socket.socket]:
    found = []
    for one in inner:
        try:
            one.accept() if one.type == socket.SOCK_STREAM else one.recv(2048)
        except BlockingIOError:
            continue
        found.append(one)
    return found


async def test_candidates_of_a_client_are_never_contacted(tmp_path: Path) -> None:
    """Request forgery through ICE: by the offer, by trickling, in both directions of media."""
    with ExitStack() as stack:
        inner = listeners(stack)
        lines = candidates(inner)
        async with desk(tmp_path) as session:
            bearer = session.ticket(TicketKind.CAMERA, name="現場")
            post = session.answer("/whip", bearer)

            async def answer(text: str) -> str:
                head, mark, rest = text.partition("a=candidate:")
                answered = await post(head + lines + mark + rest)
                await trickle(bearer)
                return answered

            async def trickle(whose: str) -> None:
                path, etag = session.links[whose]
                headers = {
                    "Content-Type": "application/trickle-ice-sdpfrag",
                    "Authorization": f"Bearer {whose}",
                    "If-Match": etag,
                }
                fragment = f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n{lines}"
                async with session.client.patch(path, data=fragment, headers=headers) as said:
                    assert said.status == 204

            async with Publisher(answer) as camera:
                await camera.connected()
                await session.until(lambda state: state["slots"][0]["state"] == "live")
                # A viewer who offers them and never comes, with DTLS roles both ways.
                for setup in ("active", "passive", "actpass"):
                    who = session.ticket(TicketKind.DESK)
                    text = offer(AUDIO + lines, VIDEO).replace("sendonly", "recvonly")
                    text = text.replace("a=setup:actpass", f"a=setup:{setup}")
                    await session.answer("/whep", who)(text)
                    await trickle(who)
                await session.until(lambda state: len(state["connections"]) == 4)
        assert reached(inner) == []
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.sendto(b"x", inner[0].getsockname())
        assert reached(inner) == [inner[0]], "the listeners do hear"


async def test_too_many_trickled_candidates_are_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as session:
        bearer = session.ticket(TicketKind.CAMERA)
        await session.answer("/whip", bearer)(offer(AUDIO))
        path, etag = session.links[bearer]
        headers = {
            "Content-Type": "application/trickle-ice-sdpfrag",
            "Authorization": f"Bearer {bearer}",
            "If-Match": etag,
        }
        for line in ("a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" * 65, "a=x\r\n" * 500):
            async with session.client.patch(path, data=line, headers=headers) as said:
                assert said.status == 400
                assert "at most" in (await said.json())["detail"]


async def test_sixty_four_kib_are_where_reading_ends(tmp_path: Path) -> None:
    async with desk(tmp_path) as session:
        with pytest.raises(RefusedError) as refused:
            await session.whip()(offer(VIDEO) + "a=x:y\r\n" * 10_000)
        assert (refused.value.status, refused.value.code) == (413, "request.too_large")


async def test_both_ends_of_a_connection_can_be_read(tmp_path: Path) -> None:
    """The protocol and the cipher, of cameras, microphones and viewers alike."""
    async with (
        desk(tmp_path) as session,
        Publisher(session.whip(name="現場")) as camera,
        Publisher(
            session.answer("/whip", session.ticket(TicketKind.DESK, name="田中")),
            tracks=[ToneTrack()],
        ) as microphone,
    ):
        await camera.connected()
        await microphone.connected()
        state = await session.until(
            lambda state: [bool(c["cipher"]) for c in state["connections"]] == [True] * 2
        )
        assert [(c["way"], c["kind"], c["name"]) for c in state["connections"]] == [
            ("in", "camera", "現場"),
            ("in", "desk", "田中"),
        ]
        for connection in state["connections"]:
            assert connection["cipher"].startswith("DTLSv1.")
            assert " SRTP_" in connection["cipher"]


async def test_a_decoder_that_hangs_does_not_hang_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Hanging up waits for the decode thread, in another thread; everything else goes on."""
    go, stuck = threading.Event(), threading.Event()

    def decode(_decoder: Decoder, _unit: AccessUnit, _since: float) -> None:
        stuck.set()
        go.wait(60)

    monkeypatch.setattr(Decoder, "_decode", decode)
    try:
        async with attacked() as call:
            async with asyncio.timeout(10):
                await asyncio.to_thread(stuck.wait)
            ending = asyncio.create_task(call.link.close())
            other = type(call)(call.socket)
            async with Publisher(other.answer, tracks=[ToneTrack()]) as camera:
                await camera.connected()  # a whole handshake, while the first one still ends
                assert not ending.done()
                go.set()
                async with asyncio.timeout(10):
                    await ending
            await other.link.close()
    finally:
        go.set()
