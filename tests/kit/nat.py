"""A server's network behind 1:1 NAT: one more namespace behind side ``a`` of a `Network`."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.kit.netns import _enter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit.netns import Network, Side

INSIDE, ROUTER = "192.168.77.5", "192.168.77.1"


class Nat:
    """Async context manager. Side ``a``'s address leads to ``INSIDE`` and back; ``b`` is outside.

    Side ``b`` has no way to ``INSIDE`` itself. Behaves like a `Network` for `session_process`.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._name = network.names["a"].removesuffix("-a") + "-s"
        self._link = self._name[-8:]

    async def __aenter__(self) -> Self:
        outside = self._network.address("a")
        router = self._network.names["a"]
        await _run("ip", "netns", "add", self._name)
        try:
            await self._ip(
                "link", "add", f"r{self._link}", "netns", router, "type", "veth", "peer", "name",
                f"s{self._link}", "netns", self._name,
            )  # fmt: skip
            for name, link, address in (
                (router, f"r{self._link}", f"{ROUTER}/24"),
                (self._name, f"s{self._link}", f"{INSIDE}/24"),
            ):
                await self._ip("-n", name, "addr", "add", address, "dev", link)
                await self._ip("-n", name, "link", "set", link, "up")
            await self._ip("-n", self._name, "link", "set", "lo", "up")
            await self._ip("-n", self._name, "route", "add", "default", "via", ROUTER)
            await self._network.run("a", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
            # Nobody outside carries packets for a private address.
            await self._network.run(
                "a", "iptables", "-t", "raw", "-A", "PREROUTING", "-d", INSIDE, "-j", "DROP"
            )
            nat = ("iptables", "-t", "nat", "-A")
            await self._network.run(
                "a", *nat, "PREROUTING", "-d", outside, "-j", "DNAT", "--to-destination", INSIDE
            )
            await self._network.run(
                "a", *nat, "POSTROUTING", "-s", INSIDE, "-j", "SNAT", "--to-source", outside
            )
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await _run("ip", "netns", "del", self._name)

    @contextmanager
    def inside(self, side: Side) -> Iterator[None]:
        """Have this thread behind the NAT, whatever ``side`` is asked for."""
        del side
        with Path("/proc/thread-self/ns/net").open("rb") as home:
            _enter(f"/run/netns/{self._name}")
            try:
                yield
            finally:
                _enter(f"/proc/self/fd/{home.fileno()}")

    @staticmethod
    async def _ip(*words: str) -> None:
        await _run("ip", *words)


async def _run(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words, stderr=said)
