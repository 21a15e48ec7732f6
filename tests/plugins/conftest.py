from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kit.guestsite import guest_site
from tests.kit.pagebrowser import chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from tests.kit.guestsite import GuestSite


@pytest.fixture
async def guests() -> AsyncIterator[GuestSite]:
    async with guest_site() as made:
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as made:
        yield made
