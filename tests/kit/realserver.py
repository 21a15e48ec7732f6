"""The real thing: `genba serve` or `genba demo` in processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

START = 90.0  # seconds, also on a machine that is busy
END = 40.0


@dataclass
class RealServer:
    """A server that runs; ``facts`` is the line of JSON that it printed."""

    facts: dict[str, Any]
    process: asyncio.subprocess.Process
    token: str
    data: Path

    @property
    def base(self) -> str:
        """The address of its pages."""
        return str(self.facts["api"]).removesuffix("/api/v1")

    async def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask its API."""
        async with (
            aiohttp.ClientSession() as http,
            http.request(
                method,
                self.facts["api"] + path,
                json=body,
                headers={"Authorization": f"Bearer {self.token}"},
            ) as answer,
        ):
            said: dict[str, Any] = await answer.json(content_type=None)
            assert answer.ok, said
            return said


@asynccontextmanager
async def real_server(
    data: Path, command: str = "serve", *words: str, ends_with: int = 0
) -> AsyncIterator[RealServer]:
    """Start it in a session of its own; leaving ends it by SIGTERM and checks that."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "genba", command, "--json", "--port", "0", "--data", str(data), *words),
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START):
            line = await process.stdout.readline()
        assert line, "it ended before it was ready"
        token = await asyncio.to_thread((data / "keys" / "api-token").read_text, "ascii")
        yield RealServer(json.loads(line), process, token.strip(), data)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(END):
                code = await process.wait()
            assert code == ends_with
        except TimeoutError:
            for left in await asyncio.to_thread(session_members, process.pid):
                os.kill(left, signal.SIGKILL)
            raise
    assert await asyncio.to_thread(session_members, process.pid) == []


def session_members(leader: int) -> list[int]:
    """Return the processes of a (POSIX) session, whatever their groups are."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == leader:
                    found.append(int(entry.name))
            except ProcessLookupError:
                continue
    return found
