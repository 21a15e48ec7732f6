"""What every placement promises; one contract suite tests them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import aiohttp

    from genba.wire.order import Order


class Placement(Protocol):
    """An async context manager: leaving it ends what it started, in order."""

    async def __aenter__(self) -> Self:
        """Start, or attach to what already runs."""
        ...

    async def __aexit__(self, *exc: object) -> None:
        """Let go; the inline one ends its sessions, the local one leaves them to the supervisor."""
        ...

    async def open(self, order: Order) -> None:
        """Give the order to a free worker; return once it answers.

        An older worker of the same session is gone before: one of them writes, never two.
        Raises ``session.limit`` when no worker can be had.
        """
        ...

    async def close(self, session: str) -> None:
        """Make sure that the session's worker is gone; quiet when it already is."""
        ...

    async def kill(self, session: str) -> None:
        """End the session's worker at once, whatever it does; nothing is finished by it."""
        ...

    async def running(self) -> list[tuple[str, int]]:
        """Return session and epoch of each running worker, also of those found at attach."""
        ...

    def http(self, session: str) -> aiohttp.ClientSession:
        """Return a client whose base address is the session's worker.

        Its paths are worker paths: ``/whip``, ``/whep``, ``/control``, ``/command``, ``/events``,
        ``/state``, ``/order``. Raises ``session.ended`` where no such worker runs. Do not close it.
        """
        ...

    async def turn(self) -> dict[str, object] | None:
        """Return how the TURN server beside the sessions does; None where there is none."""
        ...

    def on_gone(self, told: Callable[[str, int], Awaitable[None]]) -> None:
        """Have ``told(session, epoch)`` awaited whenever a worker's process has ended."""
        ...
