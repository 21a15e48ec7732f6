"""What holds for every test: nothing may block the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from blockbuster import BlockBuster, blockbuster_ctx

if TYPE_CHECKING:
    from collections.abc import Iterator


# What may block a running loop: at the start or end of a process of its own, nobody waits.
_MAY = (
    ("genba/placement/supervisor.py", "run"),  # makes and removes its folder of sockets
    ("asyncpg/connect_utils.py", "_read_password_file"),  # looks for ~/.pgpass; 20 us
    ("genba/placement/workers.py", "_watch"),  # removes the socket of a worker that is gone
)


@pytest.fixture(autouse=True)
def blockbuster() -> Iterator[BlockBuster]:
    """Raise BlockingError for file, socket, lock and sleep calls on a running event loop.

    Only Genba's own code is watched: a test may read a file, and a library's import is its own.
    """
    with blockbuster_ctx(
        ["genba", "genba_browser", "genba_teams", "genba_zoom", "genba_web"]
    ) as guard:
        for function in guard.functions.values():
            for file, name in _MAY:
                function.can_block_in(file, name)
        yield guard
