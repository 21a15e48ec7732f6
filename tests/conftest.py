"""What holds for every test: nothing may block the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

if TYPE_CHECKING:
    from collections.abc import Iterator

@pytest.fixture(autouse=True)
def blockbuster() -> Iterator[BlockBuster]:
    """Raise BlockingError for file, socket, lock and sleep calls on a running event loop.

    Only Genba's own code is watched: a test may read a file, and a library's import is its own.
    """
    with blockbuster_ctx(
        ["genba", "genba_browser", "genba_teams", "genba_zoom", "genba_web"]
    ) as guard:
        yield guard
