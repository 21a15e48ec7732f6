"""The commands: ``genba serve | demo | doctor | signin | bench``."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genba import __version__, logs, turn
from genba.placement.supervisor import Supervisor, SupervisorError
from genba.plugins import Plugins
from genba.reach import ReachError
from genba.server.identity import keys
from genba.server.identity.keys import KeyFileError
from genba.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from genba.turn import Coturn


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="genba", description="Remote assist from your own server.")
    top.add_argument("--version", action="version", version=f"genba {__version__}")
    commands = top.add_subparsers(dest="command", required=True)

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, help="settings file (default: genba.toml if there)")
    common.add_argument("--set", action="append", default=[], metavar="SECTION.NAME=VALUE")
    common.add_argument("--data", metavar="DIR", help="the same as --set data.dir=DIR")
    common.add_argument("--json", action="store_true", help="print one line of JSON")

    listening = argparse.ArgumentParser(add_help=False)
    listening.add_argument("--host", help="the same as --set server.host=HOST")
    listening.add_argument("--port", help="the same as --set server.port=N; 0 takes a free one")

    commands.add_parser("serve", parents=[common, listening], help="run the server")
    demo = commands.add_parser(
        "demo", parents=[common, listening], help="run a server with four moving cameras"
    )
    demo.add_argument("--lan", action="store_true", help="HTTPS for phones on the same network")
    doctor = commands.add_parser(
        "doctor", parents=[common, listening], help="name what is wrong, and cures"
    )
    doctor.add_argument("--report", default="", metavar="CODE", help="explain one phone's test")
    commands.add_parser(
        "signin", parents=[common, listening], help="print a new one-time sign-in link"
    )
    bench = commands.add_parser("bench", help="measure what the heart costs on this machine")
    bench.add_argument("--quick", action="store_true", help="three minutes at most")
    bench.add_argument("--json", action="store_true", help="print one JSON object")
    bench.add_argument("--only", action="append", default=[], metavar="PART")
    bench.add_argument("--out", type=Path, metavar="FILE", help="write everything as JSON there")
    return top


def settings_of(arguments: argparse.Namespace, *more: str) -> tuple[Settings, Plugins]:
    """Return the settings that ``more``, the file, the environment and the command line give.

    The plugins are loaded on the way, since they add settings. Raises SettingsError.
    """
    assignments = [*more, *arguments.set]
    for name, full in (("data", "data.dir"), ("host", "server.host"), ("port", "server.port")):
        value = getattr(arguments, name, None)
        if value is not None:
            assignments.append(f"{full}={value}")
    plugins = Plugins()
    known = load(arguments.config, assignments=assignments, strict=False)
    plugins.load(known.plugins.off)
    return load(arguments.config, assignments=assignments, added=plugins.settings()), plugins


@contextmanager
def settings_file(settings: Settings) -> Iterator[str]:
    """Yield a file, readable by its owner alone, that hands the settings to the web process."""
    number, name = tempfile.mkstemp(prefix="genba-", suffix=".json")
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(settings.model_dump_json())
        yield name
    finally:
        Path(name).unlink(missing_ok=True)


def turn_server(settings: Settings) -> Coturn | None:
    """Return the TURN server to run, if any. Blocking.

    Of settings that do not do the web process speaks, which reads them too and does not start.
    """
    try:
        found = turn.plan(settings)
    except (turn.TurnError, ReachError):
        return None
    if isinstance(found, turn.Off):
        return None
    return turn.Coturn(found, keys.key(settings.data.dir.absolute(), "turn").hex())


async def supervise(settings: Settings, ready: Callable[[dict[str, Any]], None]) -> None:
    """Run the server until SIGTERM or SIGINT; ``ready`` hears where it listens."""
    os.environ[logs.LEVEL] = settings.server.log_level
    os.environ[logs.FORM] = settings.server.log_format
    with logs.running("supervisor"), settings_file(settings) as file:
        beside = await asyncio.to_thread(turn_server, settings)
        supervisor = Supervisor(["--settings", file], ready, turn=beside)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, supervisor.stop)
        await supervisor.run()


def serve(arguments: argparse.Namespace) -> int:
    """Run the server."""
    settings, _ = settings_of(arguments)
    said = False

    def ready(facts: dict[str, Any]) -> None:
        nonlocal said
        if said:  # the web process was started again; old sign-ins hold
            return
        said = True
        if arguments.json:
            print(json.dumps({"url": facts["url"], "api": facts["api"]}), flush=True)
        else:
            print(f"Genba {__version__}\n  サインイン / sign in: {facts['url']}", flush=True)

    asyncio.run(supervise(settings, ready))
    return 0


def signin(arguments: argparse.Namespace) -> int:
    """Print a new sign-in link; it works while a server runs on the same data folder."""
    from genba.clock import SystemClock
    from genba.server.app import public_url
    from genba.server.identity import once

    settings, _ = settings_of(arguments)
    key = keys.key(settings.data.dir, "signin")
    ticket = once.mint(key, SystemClock().now())
    url = f"{public_url(settings, settings.server.port)}/enter/{ticket}"
    print(json.dumps({"url": url}) if arguments.json else url)
    return 0


def main(words: Sequence[str] | None = None) -> int:
    """Run a command; 0 is well, 1 a fault, 2 a wrong setting or word."""
    try:
        return _run(parser().parse_args(words))
    except SettingsError as error:
        print(f"genba: {error}", file=sys.stderr)
        return 2
    except (SupervisorError, KeyFileError, OSError) as error:
        print(f"genba: {error}", file=sys.stderr)
        return 1


def _run(arguments: argparse.Namespace) -> int:
    """Run what was asked for; each command imports its own parts."""
    match arguments.command:
        case "serve":
            return serve(arguments)
        case "demo":
            from genba.demo.command import demo

            return demo(arguments, settings_of, supervise)
        case "signin":
            return signin(arguments)
        case "bench":
            from genba.bench.command import bench

            return bench(arguments)
        case _:
            from genba.doctor import doctor

            with logs.running("doctor"):
                return doctor(arguments, settings_of)


if __name__ == "__main__":
    sys.exit(main())
