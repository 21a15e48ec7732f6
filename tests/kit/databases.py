"""Both databases, migrated once and copied for each test."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from genba.server.storage.database import Database, address
from tests.kit.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator
    from pathlib import Path

    from tests.kit.postgres import Postgres

KINDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgres]:
    """A running PostgreSQL for all tests."""
    with postgres() as running:
        yield running


class Templates:
    """An address of a migrated, empty database each time it is asked."""

    def __init__(self, cluster: Postgres, folder: Path) -> None:
        self._cluster = cluster
        self._folder = folder
        self._made: dict[str, str] = {}
        self._count = 0

    async def url(self, kind: str) -> str:
        if kind not in self._made:
            self._made[kind] = await self._first(kind)
        if kind == "postgresql":
            return self._cluster.url(await self._cluster.make(self._made[kind]))
        self._count += 1
        own = self._folder / str(self._count)
        await asyncio.to_thread(own.mkdir)
        await asyncio.to_thread(shutil.copy, self._made[kind], own / "genba.db")
        return address("", own)

    async def _first(self, kind: str) -> str:
        if kind == "sqlite":
            async with Database(address("", self._folder)):
                return str(self._folder / "genba.db")
        name = await self._cluster.make()
        async with Database(self._cluster.url(name)):
            return name


@pytest.fixture(scope="session")
def templates(cluster: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Both kinds."""
    return Templates(cluster, tmp_path_factory.mktemp("databases"))


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, templates: Templates) -> AsyncIterator[Database]:
    """An open database of each kind in turn, its tables empty."""
    async with opened(await templates.url(request.param)) as found:
        yield found


@asynccontextmanager
async def opened(url: str) -> AsyncGenerator[Database]:
    """Open one."""
    async with Database(url) as found:
        yield found
