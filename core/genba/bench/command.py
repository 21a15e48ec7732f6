"""The command ``genba bench``."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from genba import logs
from genba.bench.bench import Bench, MissingError
from genba.bench.clips import Clips
from genba.bench.machine import facts
from genba.bench.parts import PARTS
from genba.bench.result import Result, table
from genba.bench.scratch import scratch

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from genba.bench.parts import Part

SECONDS, QUICK_SECONDS = 10, 5  # of a clip
QUICK_LIMIT = 175.0  # seconds of the whole quick form: a promise, so what does not fit is left out


def bench(arguments: argparse.Namespace) -> int:
    """Measure and print; 1 where a part broke, 130 when interrupted. A missing part is no fault."""
    names = [part.name for part in PARTS]
    if unknown := set(arguments.only) - set(names):
        sys.stderr.write(f"genba: {', '.join(sorted(unknown))} is none of {', '.join(names)}\n")
        return 2
    os.environ.setdefault(logs.LEVEL, "warning")  # of the processes that are started
    chosen = [part for part in PARTS if not arguments.only or part.name in arguments.only]
    try:
        result, broken = asyncio.run(measure(chosen, quick=arguments.quick, quiet=False))
    except (asyncio.CancelledError, KeyboardInterrupt):
        return 130
    if arguments.out is not None:
        text = json.dumps(result.full(), ensure_ascii=False, indent=1)
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text + "\n", "utf-8")
    if not arguments.json:
        sys.stdout.write(table(result) + "\n")
    elif arguments.quick:
        sys.stdout.write(json.dumps(result.quick(), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(json.dumps(result.full(), ensure_ascii=False) + "\n")
    return int(broken)


async def measure(
    parts: Sequence[Part], *, quick: bool, quiet: bool = True, seconds: int = 0
) -> tuple[Result, bool]:
    """Run the parts one after another; say whether one broke. Also SIGTERM ends it in order.

    A part that breaks, or takes longer than it may, is named under ``missing``; the rest goes on.
    """
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    result, broken = Result(await asyncio.to_thread(facts)), False
    end = time.monotonic() + (QUICK_LIMIT if quick else sum(part.full for part in parts))
    async with scratch("genba-bench") as folder:
        clips = Clips(folder, seconds or (QUICK_SECONDS if quick else SECONDS))
        setting = Bench(folder, clips, quick=quick, quiet=quiet)
        for part in parts:
            limit = part.quick if quick else part.full
            if not limit:
                continue
            begun = time.monotonic()
            try:
                async with asyncio.timeout(min(limit, end - begun)):
                    found = await part.measure(setting)
                result.add(part.name, found, part.keys)
            except MissingError as error:
                result.lack(part.name, str(error), part.keys)
            except TimeoutError:
                broken = True
                result.lack(part.name, "It took longer than it may on this machine.", part.keys)
            except Exception as error:  # noqa: BLE001 (one part's fault must not cost the others)
                broken = True
                result.lack(part.name, f"{type(error).__name__}: {error}", part.keys)
            setting.say(f"{part.name}: {time.monotonic() - begun:.1f} s")
    return result, broken
