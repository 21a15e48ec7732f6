"""A real coturn, as the supervisor runs it, on side ``a`` of a network of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genba import certificate, turn
from genba.clock import SystemClock
from genba.settings import load
from tests.kit import netns
from tests.kit.turnclient import TurnClient
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from genba.turn import Coturn, Credentials, Plan

PROGRAM = "/usr/bin/turnserver"
NGINX_STREAM = "/usr/lib/nginx/modules/ngx_stream_module.so"
SECRET = "5ecre7" * 10


def why_not() -> str:
    """Return why coturn cannot be run here; empty where it can."""
    return netns.why_not() or ("" if os.access(PROGRAM, os.X_OK) else "coturn is not installed")


needs_coturn = pytest.mark.skipif(bool(why_not()), reason=why_not())
needs_nginx = pytest.mark.skipif(
    shutil.which("nginx") is None or not Path(NGINX_STREAM).exists(),
    reason="nginx with its stream module is not installed",
)


@dataclass
class TurnHouse:
    """``server`` runs on side ``a``; clients are made on side ``b``."""

    network: netns.Network
    plan: Plan
    server: Coturn
    runtime: Path
    secret: str = SECRET
    clients: list[TurnClient] = field(default_factory=list)

    def credentials(self, bearer: str = "ticket", seconds: int = 300) -> Credentials:
        """Mint credentials that end in so many seconds."""
        return turn.mint(self.secret, bearer, int(time.time()) + seconds)

    async def client(
        self, who: Credentials | None = None, *, tls: bool = False, six: bool = False
    ) -> TurnClient:
        """Connect from the other side; closed with the house."""
        where = self.network.address("a", six=six)
        port = self.plan.tls_port if tls else self.plan.port
        made = TurnClient((where, port), who or self.credentials(), tls=tls)
        with self.network.inside("b"):
            await made.__aenter__()
        self.clients.append(made)
        return made


@asynccontextmanager
async def turn_house(
    folder: Path, *words: str, address: str = "10.99.0.1"
) -> AsyncIterator[TurnHouse]:
    """Start it with TLS; ``words`` are further settings."""
    now = SystemClock().now()
    own = await asyncio.to_thread(certificate.own, folder / "tls", now, [address, "turn.test"])
    settings = await asyncio.to_thread(
        load,
        Path(os.devnull),
        {},
        [
            f"rtc.addresses={address}",
            f"server.certificate={own.chain}",
            f"server.certificate_key={own.key}",
            *words,
        ],
    )
    found = await asyncio.to_thread(turn.plan, settings)
    assert isinstance(found, turn.Plan)
    runtime = folder / "run"
    await asyncio.to_thread(runtime.mkdir, 0o700)
    server = turn.Coturn(found, SECRET, first=0.1)
    async with netns.Network() as network:
        with network.inside("a"):
            async with server.running(runtime):
                await until(lambda: server.state()["state"] == "running", 20)
                house = TurnHouse(network, found, server, runtime)
                try:
                    yield house
                finally:
                    for one in house.clients:
                        await one.__aexit__()
