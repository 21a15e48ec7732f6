from __future__ import annotations

from typing import TYPE_CHECKING

import pytest_asyncio

from tests.kit.pagebrowser import chromium
from tests.kit.pages import site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from tests.kit.pages import Site


@pytest_asyncio.fixture(loop_scope="module")
async def pages() -> AsyncIterator[Site]:
    async with site() as made:
        yield made


# One browser for a module's tests: each of them opens a context of its own.
@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as made:
        yield made
