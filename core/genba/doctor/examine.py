"""Asks every check, each alone and with a limit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from genba.doctor import disk, machine, network, phones, relay
from genba.doctor.row import Row

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from genba.api import Finding
    from genba.clock import Clock
    from genba.doctor.say import Say
    from genba.plugins import Plugins
    from genba.settings import Settings

PATIENCE = 10.0  # seconds that a check gets


async def examine(
    say: Say, settings: Settings, plugins: Plugins, faults: list[str], clock: Clock
) -> AsyncIterator[Row]:
    """Yield a row per check, in the order in which a person would mend things.

    ``faults`` are wrong settings, in whose place ``settings`` has others. A check that fails or
    takes longer than its limit is a finding like any other.
    """
    for fault in faults:
        yield Row("settings", say.text("name.settings"), say.bad("settings.wrong", fault=fault))
    if not faults:
        yield Row("settings", say.text("name.settings"), say.good("settings.good"))
    own: dict[str, Callable[[], Finding]] = {
        "python": lambda: machine.python(say),
        "codecs": lambda: machine.codecs(say),
        "webrtc": lambda: machine.webrtc(say),
        "opus": lambda: machine.opus(say),
        "libyuv": lambda: machine.libyuv(say),
        "font": lambda: machine.font(say),
        "data": lambda: disk.data(say, settings),
        "disk": lambda: disk.disk(say, settings),
        "tcp": lambda: network.tcp(say, settings),
        "udp": lambda: network.udp(say, settings),
        "public": lambda: network.public(say, settings),
        "certificate": lambda: network.tls(say, settings, clock.now()),
        "turn": lambda: relay.relay(say, settings),
    }
    for name, check in own.items():
        finding = await _guarded(say, asyncio.to_thread(check))
        yield Row(name, say.text(f"name.{name}"), finding)
    for row in await asyncio.to_thread(_of_phones, say, settings, clock):
        yield row
    async for row in _of_plugins(say, settings, plugins):
        yield row


def _of_phones(say: Say, settings: Settings, clock: Clock) -> list[Row]:
    name = say.text("name.tests")
    try:
        found = phones.recent(say, settings, network.offered(settings), clock.now())
    except Exception as error:  # noqa: BLE001 (whatever it is, it is shown)
        found = [("tests", say.bad("failed", error=f"{type(error).__name__}: {error}"))]
    return [Row(key, name, finding) for key, finding in found]


async def _of_plugins(say: Say, settings: Settings, plugins: Plugins) -> AsyncIterator[Row]:
    checks = plugins.checks(settings.of_plugin)  # which may break one more
    for name in plugins.modules:
        yield Row(f"plugin.{name}", say.text("name.plugin", name=name), say.good("plugin.good"))
        for check in checks.get(name, ()):
            yield Row(
                f"{name}.{check.name}", f"{name}: {check.name}", await _guarded(say, check.run())
            )
    for name, reason in plugins.broken.items():
        finding = say.bad("plugin.broken", name=name, reason=reason)
        yield Row(f"plugin.{name}", say.text("name.plugin", name=name), finding)


async def _guarded(say: Say, answer: Awaitable[Finding]) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE):
            return await answer
    except Exception as error:  # noqa: BLE001 (whatever it is, it is shown)
        return say.bad("failed", error=f"{type(error).__name__}: {error}")
