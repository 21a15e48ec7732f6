"""A program that is a bad network: packets between two namespaces, delayed, lost, squeezed.

``python -m tests.kit.wire NAME_A NAME_B`` makes a tunnel device in each namespace and carries IP
packets between them. It reads a line of JSON for each change, ``{"to": "b", "loss": 0.05}``, and
says ``ready`` or, after a change, ``done``. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import random
import struct
import subprocess
import sys
from dataclasses import dataclass, replace

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
MTU = 1500
BATCH = 64  # packets a turn
QUEUE = 0.200  # seconds that a packet may wait for a narrow link; later ones are lost
ADDRESSES = {"a": ("10.99.0.1", "fd99::1"), "b": ("10.99.0.2", "fd99::2")}


@dataclass(frozen=True, slots=True)
class Shape:
    """What happens to packets on one way: ``loss`` 0 to 1, seconds, bits a second (0: any)."""

    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0  # up to so much more; packets overtake each other
    rate: float = 0.0


class Way:
    """Packets to one side."""

    def __init__(self, into: int, seed: int) -> None:
        self.shape = Shape()
        self._into = into
        self._chance = random.Random(seed)  # noqa: S311  a test wants the same losses each time
        self._free = 0.0

    def carry(self, packet: bytes) -> None:
        shape, loop = self.shape, asyncio.get_running_loop()
        if shape.loss and self._chance.random() < shape.loss:
            return
        now = loop.time()
        due = now + shape.delay + self._chance.random() * shape.jitter
        if shape.rate:
            self._free = max(now, self._free) + len(packet) * 8 / shape.rate
            if self._free - now > QUEUE:
                self._free -= len(packet) * 8 / shape.rate
                return
            due += self._free - now
        if due <= now:
            self._write(packet)
        else:
            loop.call_at(due, self._write, packet)

    def _write(self, packet: bytes) -> None:
        try:
            os.write(self._into, packet)
        except BlockingIOError:
            return  # lost, as on any wire


def open_end(side: str, namespace: str) -> int:
    """Make a tunnel device here and move it; the handle stays ours."""
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    name = f"gw{side}{os.getpid()}"
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    four, six = ADDRESSES[side]
    for words in (
        ("link", "set", name, "netns", namespace, "name", "wire0"),
        ("-n", namespace, "address", "add", f"{four}/24", "dev", "wire0"),
        ("-n", namespace, "address", "add", f"{six}/64", "dev", "wire0", "nodad"),
        ("-n", namespace, "link", "set", "wire0", "up", "mtu", str(MTU)),
        ("-n", namespace, "link", "set", "lo", "up"),
        ("-n", namespace, "route", "add", "default", "dev", "wire0"),
    ):
        subprocess.run(["ip", *words], check=True)
    return handle


def listen(handle: int, way: Way) -> None:
    for _ in range(BATCH):
        try:
            way.carry(os.read(handle, 2048))
        except BlockingIOError:
            return


async def main() -> None:
    """Carry packets until the standard input ends."""
    name_a, name_b, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
    ends = {"a": open_end("a", name_a), "b": open_end("b", name_b)}
    ways = {side: Way(handle, seed + index) for index, (side, handle) in enumerate(ends.items())}
    loop = asyncio.get_running_loop()
    loop.add_reader(ends["a"], listen, ends["a"], ways["b"])
    loop.add_reader(ends["b"], listen, ends["b"], ways["a"])
    said = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(said), sys.stdin)
    print("ready", flush=True)  # noqa: T201  it is how the test knows
    while line := await said.readline():
        change = json.loads(line)
        way = ways[change.pop("to")]
        way.shape = replace(way.shape, **change)
        print("done", flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
