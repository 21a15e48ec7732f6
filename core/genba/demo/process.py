"""The cameras' process, as its parent holds it."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

GOODBYE = 10.0  # seconds that it gets to hang up


class CameraProcess:
    """Async context manager: entering starts the process, leaving ends it.

    It takes seconds to import and draw, so it is worth starting before there is a server.
    """

    async def __aenter__(self) -> Self:
        """Start it; it waits for its order."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "genba.demo.cameras"),
            stdin=asyncio.subprocess.PIPE,
            process_group=0,  # Ctrl+C is for the parent, which has it hang up first
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Have it hang up and end; kill it when it does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(GOODBYE):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def publish(
        self, whip: str, cameras: Sequence[tuple[str, str]], trust: Path | None = None
    ) -> None:
        """Order it to publish a scene per ``(token, place)``; once.

        ``trust`` is a certificate to believe. Raises BrokenPipeError or ConnectionResetError when
        the process is gone.
        """
        order = {"whip": whip, "cameras": list(cameras), "trust": str(trust) if trust else None}
        stdin = self._process.stdin
        if stdin is None:
            raise BrokenPipeError("the cameras have no stdin")
        stdin.write(json.dumps(order).encode() + b"\n")
        await stdin.drain()

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.returncode is not None
