"""``python -m genba.session --parent PID --socket PATH``: one session process."""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import signal
import sys
from pathlib import Path

from genba import logs
from genba.kin import UNFIT, die_with
from genba.session.heap import keep_little
from genba.session.private import check_private

log = logging.getLogger("genba.session")
ADDRESSES = 4 << 30  # bytes of address space: a backstop behind the checks of frame sizes
GRACE = 1.0  # seconds that open requests may take at the end


async def serve(path: Path, facts: logs.Facts) -> None:
    """Serve on the Unix socket until the session has ended or the process is told to stop."""
    from aiohttp import web  # only now: what is wrong beneath has been told in words by then

    from genba.session.app import make_app, new_worker
    from genba.session.keys import FACTS
    from genba.session.warm import warm

    worker = new_worker()
    app = make_app(worker)
    app[FACTS] = facts
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE)
    await runner.setup()
    await web.UnixSite(runner, str(path)).start()
    warming = asyncio.create_task(warm(), name="worker:warm")
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    over = asyncio.create_task(worker.over.wait(), name="worker:over")
    told = asyncio.create_task(stop.wait(), name="worker:stop")
    await asyncio.wait((over, told), return_when=asyncio.FIRST_COMPLETED)
    over.cancel()
    told.cancel()
    await worker.close()
    await warming
    await asyncio.sleep(0)  # the last events leave before the sockets close
    await runner.cleanup()


def main() -> int:
    """Run one worker; exit ``UNFIT`` when the packages beneath are not those that Genba knows."""
    parser = argparse.ArgumentParser(prog="python -m genba.session")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--socket", type=Path, required=True)
    arguments = parser.parse_args()
    # At once, as in a crash: a goodbye would tell pages and the history of an end, while the
    # server's next start is to bring the session and its recording back.
    die_with(arguments.parent, signal.SIGKILL)
    keep_little()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    with logs.running("session") as facts:
        changed = check_private()
        if changed:
            for name in changed:
                log.critical("this process takes no calls: %s", name)
            return UNFIT
        asyncio.run(serve(arguments.socket, facts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
