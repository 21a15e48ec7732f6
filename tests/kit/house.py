"""The web process in a test: the real application over fake session processes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from genba.clock import SystemClock
from genba.plugins import Plugins
from genba.server.app import make_app
from genba.server.http.keys import SERVICES
from genba.server.identity import once
from genba.settings import Data, Settings
from tests.kit.orders import KEY
from tests.kit.placement import FakePlacement

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import web

    from genba.clock import Clock
    from genba.server.http.keys import Services
    from tests.kit.worker import FakeWorker

Client = TestClient["web.Request", "web.Application"]


@dataclass
class House:
    """``person`` is signed in, ``nobody`` is not, ``program`` has the API token."""

    app: web.Application
    services: Services
    placement: FakePlacement
    person: Client
    nobody: Client
    program: Client

    @property
    def origin(self) -> str:
        return str(self.nobody.make_url("")).rstrip("/")

    def worker(self, session: str) -> FakeWorker:
        return self.placement.workers[session]

    async def open(self, name: str = "試験") -> str:
        """Open a session and return its id."""
        async with self.program.post("/api/v1/sessions", json={"name": name}) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["id"])

    async def get(self, path: str) -> dict[str, Any]:
        async with self.program.get(f"/api/v1{path}") as answer:
            assert answer.status == 200, await answer.text()
            body: dict[str, Any] = await answer.json()
            return body

    async def post(self, path: str, **body: object) -> dict[str, Any]:
        async with self.program.post(f"/api/v1{path}", json=body) as answer:
            assert answer.status in (200, 201), await answer.text()
            said: dict[str, Any] = await answer.json()
            return said

    def once(self) -> str:
        """Return a fresh one-time sign-in path."""
        key = self.services.signin_key
        return f"/enter/{once.mint(key, self.services.clock.now())}"


@asynccontextmanager
async def house(
    data: Path,
    *,
    clock: Clock | None = None,
    plugins: Plugins | None = None,
    placement: FakePlacement | None = None,
    base_url: str = "http://127.0.0.1:1",
    **settings: Any,
) -> AsyncIterator[House]:
    """Run the web process on a free port of 127.0.0.1."""
    if placement is None:
        async with (
            FakePlacement() as own,
            house(
                data, clock=clock, plugins=plugins, placement=own, base_url=base_url, **settings
            ) as made,
        ):
            yield made
        return
    app = make_app(
        Settings(data=Data(dir=data), **settings),
        placement,
        clock or SystemClock(),
        plugins or Plugins(),
        base_url=base_url,
        key=KEY,
    )
    server = TestServer(app)
    jar = CookieJar(unsafe=True)  # 127.0.0.1 is no name
    async with (
        TestClient(server, cookie_jar=jar) as person,
        TestClient(server, cookie_jar=CookieJar(unsafe=True)) as nobody,
    ):
        token = {"Authorization": f"Bearer {app[SERVICES].api_token}"}
        async with TestClient(server, headers=token) as program:
            made = House(app, app[SERVICES], placement, person, nobody, program)
            async with person.get(made.once(), allow_redirects=False) as answer:
                assert answer.status == 303
            yield made
