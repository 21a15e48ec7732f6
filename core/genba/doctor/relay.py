"""The check of the TURN server. It blocks: call it in a thread."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from genba import turn
from genba.reach import ReachError

if TYPE_CHECKING:
    from genba.api import Finding
    from genba.doctor.say import Say
    from genba.settings import Settings

PATIENCE = 2.0  # seconds that its port gets to answer


def relay(say: Say, settings: Settings) -> Finding:
    """Say whether there is a way for networks without UDP, and whether it answers."""
    try:
        found = turn.plan(settings)
    except (turn.TurnError, ReachError) as error:
        return say.bad("turn.wrong", error=error)
    if isinstance(found, turn.Off):
        if settings.rtc.ice_servers:
            return say.good("turn.foreign")
        known = {"set": say.warn, "missing": say.warn, "loopback": say.good}[found.why]
        return known(f"turn.{found.why}")
    facts = {"port": found.port, "host": found.listens[0]}
    try:
        socket.create_connection((found.listens[0], found.port), PATIENCE).close()
    except OSError:
        return say.good("turn.ready", **facts)
    if found.chain is None:
        return say.warn("turn.plain", **facts)
    return say.good("turn.good", **facts)
