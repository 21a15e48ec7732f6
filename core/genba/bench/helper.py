"""A helper process that takes orders, one line of JSON each, until it is let go."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

GOODBYE = 8.0  # seconds that it gets to hang up
PATIENCE = 60.0  # seconds that an order may take
LONGEST = 1 << 20  # bytes of an answer


class HelperError(RuntimeError):
    """The helper refused an order, or is gone."""


class Helper:
    """Async context manager: entering starts ``python -m module``, leaving ends it.

    It also ends when this process does, whatever the cause: its stdin closes.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        """Start nothing yet."""
        self._words: Sequence[str] = ("-m", module, "--parent", str(os.getpid()), *arguments)

    async def __aenter__(self) -> Self:
        """Start it."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self._words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            process_group=0,  # Ctrl+C is for the parent, which ends its helpers in order
            limit=LONGEST,
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Close its stdin; kill it when that does not help."""
        process = self.process
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), GOODBYE)
        except TimeoutError:
            sys.stderr.write("genba: a helper did not end by itself\n")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def ask(self, **order: object) -> dict[str, Any]:
        """Give an order and return the answer; raises HelperError, or TimeoutError."""
        process = self.process
        if process.stdin is None or process.stdout is None:
            raise HelperError("no pipes")
        async with asyncio.timeout(PATIENCE):
            process.stdin.write(json.dumps(order).encode() + b"\n")
            await process.stdin.drain()
            line = await process.stdout.readline()
        if not line:
            raise HelperError("the helper is gone")
        said: dict[str, Any] = json.loads(line)
        if "error" in said:
            raise HelperError(said["error"])
        return said
