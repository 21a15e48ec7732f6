"""Parent and child processes: exec only, and no child outlives its parent."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

UNFIT = 78  # EX_CONFIG: a child's exit code where what is installed does not fit
PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with(parent: int, by: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send this process the signal ``by`` when ``parent`` (a pid) is gone.

    Called by the child first of all. On systems without prctl the parent's socket, which closes
    with it, has to do. Whoever gets the signal can't learn from ``os.getppid()`` that its parent
    has gone: while any other thread of a killed parent still ends, it is the parent's pid.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by, 0, 0, 0)
    if os.getppid() != parent:  # it went before the line above
        raise SystemExit(1)


async def start(
    module: str, arguments: Sequence[str], *, output: int | None = None
) -> asyncio.subprocess.Process:
    """Start ``python -m module --parent <pid> arguments`` with stdin closed.

    ``output`` (``asyncio.subprocess.PIPE``) takes in what it writes, errors too. It is in a process
    group of its own: Ctrl+C in a terminal is the parent's alone, which ends its children in order.
    """
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        "--parent",
        str(os.getpid()),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else asyncio.subprocess.STDOUT,
        process_group=0,
    )


async def end(process: asyncio.subprocess.Process, patience: float) -> int:
    """Ask it to end, wait ``patience`` seconds, then kill; return its exit code.

    Without patience it is killed at once.
    """
    if process.returncode is None:
        try:
            if patience > 0:
                process.terminate()
                async with asyncio.timeout(patience):
                    return await process.wait()
            process.kill()
        except ProcessLookupError:
            return await process.wait()
        except TimeoutError:
            process.kill()
    return await process.wait()
