"""What strangers send while a call stands: it goes on, and not one picture is missing.

``GENBA_SOAK=1`` sends five thousand of each kind, and a hundred thousand forged SRTP packets.
"""

from __future__ import annotations

import asyncio
import os
import resource
from typing import TYPE_CHECKING

import pytest

from genba.session.peer.ice import QUEUE
from tests.kit.attacked import attacked
from tests.kit.stranger import (
    RANDOM,
    alert,
    check,
    client_hello,
    credentials,
    junk,
    record,
    srtcp,
    srtp,
    stranger,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SOAK = bool(os.environ.get("GENBA_SOAK"))
MANY = 5000 if SOAK else 300
FLOOD = 100_000 if SOAK else 4000

KINDS: dict[str, Callable[[int], bytes]] = {
    "empty": lambda _: b"",
    "client hello": lambda _: client_hello(),
    "fatal alert": lambda _: alert(),
    "close notify": lambda _: alert(1, 0),
    "alert of a later epoch": lambda _: alert(epoch=1),
    "handshake of a later epoch": lambda _: record(22, RANDOM.randbytes(40), epoch=1),
    "application data": lambda _: record(23, RANDOM.randbytes(60), epoch=1),
    "forged SRTP": lambda n: srtp(97, 1234, n),
    "forged SRTCP": lambda n: srtcp(1234 + n),
    "random": lambda _: RANDOM.randbytes(RANDOM.randrange(1, 1400)),
}


@pytest.mark.soak
async def test_junk_of_strangers_and_in_the_cameras_name() -> None:
    async with attacked() as call:
        with stranger(call.socket.port) as other:
            for name, make in KINDS.items():
                datagrams = [make(number) for number in range(MANY)]
                await call.measured(name, other.send, datagrams)
                await call.measured(f"{name}, forged source", call.forge, datagrams)
            with pytest.raises(BlockingIOError):
                other.recv(2048)  # nothing was ever said to a stranger
        assert call.link.peer.errors == 0, "nothing forged came as far as a parser"


async def test_every_first_byte_and_every_length_that_lies() -> None:
    async with attacked() as call:
        before = call.socket.dropped
        datagrams = junk()
        with stranger(call.socket.port) as other:
            await call.send(other.send, datagrams)
            await call.goes_on()
            with pytest.raises(BlockingIOError):
                other.recv(2048)
        assert call.socket.dropped - before == len(datagrams)
        await call.send(call.forge, datagrams)
        await call.goes_on()


async def test_forged_packets_longer_than_any_buffer_end_nothing() -> None:
    async with attacked() as call:
        long = [srtp(96, 1234, n, size) for n, size in enumerate((1480, 1490, 1500, 1700, 2030))]
        await call.send(call.forge, long)
        await call.goes_on()


@pytest.mark.soak
async def test_a_flood_of_forged_srtp_is_bounded() -> None:
    async with attacked() as call:
        peak = 0
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with stranger(call.socket.port) as other:
            for number in range(FLOOD):
                packet = srtp(97, 1234, number, 1000)
                other.send(packet)
                call.forge(packet)
                peak = max(peak, len(call.link.peer._ice._queue))
                if number % 16 == 0:
                    await asyncio.sleep(0)
            await call.goes_on()
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        print(f"{FLOOD} forged SRTP packets twice: queue <= {peak}, memory + {grown} KiB")  # noqa: T201
        assert peak <= QUEUE
        assert call.link.counts().peer_dropped == 0


async def test_a_burst_that_overflows_the_queue_costs_datagrams_and_not_the_call() -> None:
    async with attacked() as call:
        for number in range(3 * QUEUE):
            call.forge(srtcp(1234 + number))  # what is not media waits for its turn
        assert len(call.link.peer._ice._queue) == QUEUE
        assert call.link.counts().peer_dropped >= 2 * QUEUE
        await call.pictures(30)
        assert not call.link.peer.closed.is_set()


@pytest.mark.soak
async def test_stun_with_a_wrong_password_is_neither_answered_nor_remembered() -> None:
    async with attacked() as call:
        ufrag, _ = credentials(call.answers[-1])
        known = dict(call.socket._by_address)
        with stranger(call.socket.port) as other:
            checks = [check(ufrag, b"guess %d" % number) for number in range(MANY)]
            await call.measured("wrong integrity", other.send, checks)
            await call.measured("wrong integrity, forged source", call.forge, checks)
            with pytest.raises(BlockingIOError):
                other.recv(2048)
        assert call.socket._by_address == known


@pytest.mark.soak
async def test_guessing_names_finds_nobody() -> None:
    async with attacked() as call:
        known = dict(call.socket._by_address)
        with stranger(call.socket.port) as other:
            guesses = [check(f"{number:08x}", b"x" * 32) for number in range(MANY)]
            await call.measured("guessed ufrags", other.send, guesses)
            with pytest.raises(BlockingIOError):
                other.recv(2048)
        assert call.socket._by_address == known
        assert len(call.socket._by_ufrag) == 1


async def test_another_calls_password_does_not_take_a_living_address() -> None:
    """Somebody with a good ticket of his own forges the source of his checks."""
    async with attacked() as call:
        route, camera = call.link.peer._ice.route, call.camera
        assert route is not None
        assert camera is not None
        ufrag, password = credentials(await call.answer(camera.offer))
        victim, thief = call.links
        call.links.reverse()  # the victim is looked at
        now = asyncio.get_running_loop().time()
        for _ in range(20):
            call.socket._take(check(ufrag, password.encode()), route, now)
        assert thief.peer._ice.route is None
        assert victim.peer._ice.route == route
        await call.goes_on()


async def test_a_replayed_check_moves_no_media() -> None:
    """Read on the line and sent again from elsewhere, it has the right password."""
    async with attacked() as call:
        ice = call.link.peer._ice
        async with asyncio.timeout(10):
            while ice.rtt is None:  # noqa: ASYNC110  the first answer to a check of ours
                await asyncio.sleep(0.01)
        route = ice.route
        replayed = check(ice.ufrag, ice.password.encode())
        with stranger(call.socket.port) as other:
            for _ in range(20):
                other.send(replayed)
                await call.pictures(1)
                assert ice.route == route
            heard = []
            while True:
                try:
                    heard.append(other.recv(2048))
                except BlockingIOError:
                    break
        assert heard, "it has the password, so it is answered"
        assert all(data[0] < 2 for data in heard), "by STUN alone"
        await call.goes_on()
