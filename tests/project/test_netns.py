"""The bad network that other tests use: it must be as bad as they say."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

from tests.kit.netns import Network, needs_namespaces

COUNT = 1000


class _Heard(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.times: list[float] = []
        self.numbers: list[int] = []
        self.last = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        self.times.append(time.monotonic())
        number = int.from_bytes(data[:4], "big")
        self.numbers.append(number)
        if number == COUNT:
            self.last.set()


def _socket(network: Network, side: str, address: str) -> socket.socket:
    with network.inside("a" if side == "a" else "b"):
        made = socket.socket(
            socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM
        )
    made.setblocking(False)
    made.bind((address, 0))
    return made


async def _send(network: Network, *, six: bool = False) -> tuple[_Heard, list[float]]:
    """Send numbered packets from a to b; the last one goes until it arrives."""
    here = _socket(network, "a", network.address("a", six=six))
    there = _socket(network, "b", network.address("b", six=six))
    loop = asyncio.get_running_loop()
    transport, heard = await loop.create_datagram_endpoint(_Heard, sock=there)
    where = there.getsockname()[:2]
    sent = []
    with here:
        for number in range(COUNT):
            sent.append(time.monotonic())
            here.sendto(number.to_bytes(4, "big") + bytes(100), where)
            if number % 50 == 49:
                await asyncio.sleep(0.002)
        async with asyncio.timeout(10):
            while not heard.last.is_set():
                here.sendto(COUNT.to_bytes(4, "big"), where)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        await heard.last.wait()
    transport.close()
    return heard, sent


@needs_namespaces
async def test_a_wire_loses_delays_and_carries_both_families() -> None:
    async with Network() as network:
        heard, _ = await _send(network)
        assert heard.numbers[:COUNT] == list(range(COUNT))
        heard, _ = await _send(network, six=True)
        assert len(heard.numbers) > COUNT
        await network.shape("b", loss=0.1)
        heard, _ = await _send(network)
        assert 840 <= len({n for n in heard.numbers if n < COUNT}) <= 950
        await network.shape("b", loss=0.0, delay=0.05)
        heard, sent = await _send(network)
        ways = [at - sent[n] for n, at in zip(heard.numbers, heard.times, strict=True) if n < COUNT]
        assert min(ways) >= 0.05


@needs_namespaces
async def test_namespaces_are_gone_afterwards() -> None:
    async with Network() as network:
        names = set(network.names.values())
        with network.inside("b"):
            assert [name for _, name in socket.if_nameindex()] == ["lo", "wire0"]
    assert "wire0" not in [name for _, name in socket.if_nameindex()]
    listing = await asyncio.create_subprocess_exec(
        "ip", "netns", "list", stdout=asyncio.subprocess.PIPE
    )
    said, _ = await listing.communicate()
    assert not names & set(said.decode().split())
