"""Programs that run to their end, and what they cost."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from dataclasses import dataclass


class ChildError(RuntimeError):
    """A program ended with a fault; the message has its last words."""


@dataclass(frozen=True, slots=True)
class Ended:
    """``cpu`` is in seconds, user and system, of the program and of the children it waited for."""

    cpu: float
    output: str


async def run(*words: str) -> Ended:
    """Run a program to its end; raises ChildError. Cancelled, it kills the program and waits."""
    process = subprocess.Popen(  # noqa: S603, ASYNC220 (started at once; what waits is a thread)
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    )
    waiting = asyncio.create_task(asyncio.to_thread(_wait, process), name="bench:child")
    try:
        ended = await asyncio.shield(waiting)
    except asyncio.CancelledError:
        os.killpg(process.pid, signal.SIGKILL)  # it is not reaped before ``_wait`` is done
        await asyncio.wait([waiting])
        raise
    return ended


def _wait(process: subprocess.Popen[bytes]) -> Ended:
    """Read its words, which are few, and reap it ourselves: only so is its own cost known."""
    with process:
        if process.stdout is None or process.stderr is None:
            raise ChildError("no pipes")
        output, errors = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        said = errors.decode(errors="replace").strip()[-500:]
        raise ChildError(f"{process.args[0]!s} ended with {process.returncode}: {said}")  # type: ignore[index]
    return Ended(usage.ru_utime + usage.ru_stime, output.decode(errors="replace"))
