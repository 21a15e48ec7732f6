"""The command `genba doctor`."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

from genba.api import Grade
from genba.clock import SystemClock
from genba.doctor import network, phones
from genba.doctor.examine import examine
from genba.doctor.report import as_json, table
from genba.doctor.say import Say, language_of
from genba.plugins import Plugins
from genba.settings import Settings, SettingsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from genba.doctor.row import Row

    SettingsOf = Callable[[argparse.Namespace], tuple[Settings, Plugins]]


def doctor(arguments: argparse.Namespace, settings_of: SettingsOf) -> int:
    """Print what is found, or what one phone's report says; 1 where something is bad, else 0.

    ``settings_of`` reads the settings as the other commands do; where it raises SettingsError,
    its faults are findings and the rest is examined with the defaults.
    """
    faults: list[str] = []
    try:
        settings, plugins = settings_of(arguments)
    except SettingsError as error:
        faults = str(error).split("; ")
        settings, plugins = Settings(), Plugins()
        plugins.load()
    say = Say(language_of(os.environ))
    if arguments.report:
        rows = list(phones.one(say, settings, arguments.report, network.offered(settings)))
    else:
        rows = asyncio.run(_all(say, settings, plugins, faults))
    sys.stdout.write((as_json(rows) if arguments.json else table(say, rows)) + "\n")
    return int(any(row.finding.grade is Grade.BAD for row in rows))


async def _all(say: Say, settings: Settings, plugins: Plugins, faults: list[str]) -> list[Row]:
    return [row async for row in examine(say, settings, plugins, faults, SystemClock())]
