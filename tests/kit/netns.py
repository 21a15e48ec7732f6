"""Two network namespaces and the bad wire between them.

Side ``a`` is 10.99.0.1 and fd99::1, side ``b`` is 10.99.0.2 and fd99::2. Needs root, iproute2 and
/dev/net/tun; where they are not, `why_not` says so and a test prints that as its reason:
``@needs_namespaces`` does.
"""

from __future__ import annotations

import asyncio
import ctypes
import functools
import json
import os
import secrets
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

import pytest

from tests.kit.wire import ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Iterator

Side = Literal["a", "b"]
CLONE_NEWNET = 0x40000000
START = 20.0


@functools.cache
def why_not() -> str:
    """Return why namespaces cannot be made here; empty where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "iproute2 is not installed"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "there is no /dev/net/tun"
    name = f"genba-try-{secrets.token_hex(3)}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    if made.returncode:
        return f"ip netns add: {made.stderr.decode(errors='replace').strip()}"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return ""


needs_namespaces = pytest.mark.skipif(bool(why_not()), reason=why_not())


class Network:
    """Async context manager: leaving it takes wire and namespaces away."""

    def __init__(self, seed: int = 1) -> None:
        """Lose packets by ``seed``: the same ones each time for the same traffic."""
        mark = secrets.token_hex(4)
        self.names = {"a": f"genba-{mark}-a", "b": f"genba-{mark}-b"}
        self._seed = seed

    @staticmethod
    def address(side: Side, *, six: bool = False) -> str:
        """Return a side's address."""
        return ADDRESSES[side][six]

    async def __aenter__(self) -> Self:
        """Make both namespaces and join them."""
        for name in self.names.values():
            await _run("ip", "netns", "add", name)
        self._wire = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.kit.wire", *self.names.values(), str(self._seed)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            await self._hear("ready")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End the wire, then what was made."""
        if self._wire.stdin is not None:
            self._wire.stdin.close()
        await self._wire.wait()
        for name in self.names.values():
            await _run("ip", "netns", "del", name)

    async def shape(self, to: Side | None = None, **change: float) -> None:
        """Change ``loss``, ``delay``, ``jitter`` or ``rate`` of packets to one side, or to both."""
        for side in (to,) if to else ("a", "b"):
            assert self._wire.stdin is not None
            self._wire.stdin.write(json.dumps({"to": side, **change}).encode() + b"\n")
            await self._hear("done")

    def command(self, side: Side, *words: str) -> list[str]:
        """Return the command line that runs ``words`` on a side."""
        return ["ip", "netns", "exec", self.names[side], *words]

    async def run(self, side: Side, *words: str) -> None:
        """Run a command on a side, such as iptables; raise CalledProcessError when it fails."""
        await _run(*self.command(side, *words))

    @contextmanager
    def inside(self, side: Side) -> Iterator[None]:
        """Have this thread on a side: sockets that it makes, and programs that it starts.

        Other threads stay where they are.
        """
        with Path("/proc/thread-self/ns/net").open("rb") as home:
            _enter(f"/run/netns/{self.names[side]}")
            try:
                yield
            finally:
                _enter(f"/proc/self/fd/{home.fileno()}")

    async def _hear(self, word: str) -> None:
        assert self._wire.stdout is not None
        async with asyncio.timeout(START):
            line = await self._wire.stdout.readline()
        assert line.decode().strip() == word, "the wire broke"


def _enter(path: str) -> None:
    with Path(path).open("rb") as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")


async def _run(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words, stderr=said)
