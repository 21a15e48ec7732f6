"""The web process: ``python -m genba.server``, started by the supervisor."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from genba import logs
from genba.clock import SystemClock
from genba.kin import die_with
from genba.placement.local import LocalPlacement
from genba.plugins import Plugins
from genba.server.app import CannotServeError, Started, serve
from genba.settings import Settings

WRONG_SETTING = 2  # the exit code that tells the supervisor not to try again


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="python -m genba.server")
    top.add_argument("--parent", type=int, required=True, help="pid of the supervisor")
    top.add_argument("--door", required=True, help="the supervisor's socket")
    top.add_argument("--settings", type=Path, required=True, help="the settings as JSON")
    return top


async def run(settings: Settings, door: str) -> None:
    """Serve until SIGTERM or SIGINT; sessions go on without us."""
    plugins = Plugins()
    plugins.load(settings.plugins.off)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with LocalPlacement(door) as placement, asyncio.TaskGroup() as group:

        def started(facts: Started) -> None:
            told = placement.ready(url=facts.url, api=facts.api, port=facts.port)
            group.create_task(told, name="web:ready")

        await serve(settings, placement, SystemClock(), plugins, started=started, stop=stop)


def main() -> int:
    """Run the web process; 2 is a setting that does not do."""
    arguments = parser().parse_args()
    die_with(arguments.parent)
    settings = Settings.model_validate_json(arguments.settings.read_bytes())
    code = 0
    try:
        with logs.running("web"):
            asyncio.run(run(settings, arguments.door))
    except* CannotServeError as group:
        for error in group.exceptions:
            print(f"genba: {error}", file=sys.stderr)  # noqa: T201 (for the person at the terminal)
        code = WRONG_SETTING
    return code


if __name__ == "__main__":
    sys.exit(main())
