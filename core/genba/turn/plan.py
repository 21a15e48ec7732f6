"""Whether there is a TURN server, and how it stands: worked out from the settings.

Both the supervisor, which runs it, and the web process, which names it to clients, ask here, and
come to the same answer. Everything here may block: call it in a thread.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from genba import reach
from genba.certificate import lan_addresses

if TYPE_CHECKING:
    from genba.settings import Settings

LOOPBACK = "127.0.0.1"
_FOUR = 4


class TurnError(ValueError):
    """The settings ask for what cannot be; the message names the setting and says why."""


@dataclass(frozen=True, slots=True)
class Off:
    """There is none, and why: by the setting, not installed, or nobody outside to serve."""

    why: Literal["set", "missing", "loopback"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What coturn listens on, whom it reaches, and what clients are told.

    ``peers`` are the only addresses that anything is relayed to: those that Genba's own answers
    name. ``urls`` are for clients, the cheapest way first. ``chain`` is None without TLS.
    """

    program: Path
    listens: tuple[str, ...]
    relays: tuple[str, ...]
    peers: tuple[str, ...]
    port: int
    tls_port: int
    relay_ports: tuple[int, int]
    chain: Path | None
    key: Path | None
    kbps: int
    minutes: int
    urls: tuple[str, ...]


def plan(settings: Settings) -> Plan | Off:
    """Return how it stands, or why there is none. Raises TurnError, ReachError.

    ``turn.enabled = auto`` is on where coturn is installed and media has an address that other
    machines reach.
    """
    turn = settings.turn
    if turn.enabled == "off":
        return Off("set")
    program = Path(turn.program)
    must = turn.enabled == "on"
    if not os.access(program, os.X_OK):
        if must:
            raise TurnError(f"turn.program {program} cannot be run: install coturn")
        return Off("missing")
    own = _media(settings)
    relays = tuple(one for one in own if not ipaddress.ip_address(one).is_loopback)
    if not relays:
        if must:
            raise TurnError("turn.enabled: media has loopback addresses alone (rtc.addresses)")
        return Off("loopback")
    chain, key = _certificate(settings)
    outside = reach.public(settings.rtc.public_address)
    return Plan(
        program=program,
        listens=(*relays, LOOPBACK),  # a proxy on this machine needs no address of it
        relays=relays,
        peers=(*dict.fromkeys((*outside, *relays)),),
        port=turn.port,
        tls_port=turn.tls_port,
        relay_ports=reach.ports(turn.relay_ports),
        chain=chain,
        key=key,
        kbps=turn.max_kbps,
        minutes=turn.credential_minutes,
        urls=_urls(settings, turn.public_address or (*outside, *relays)[0], tls=chain is not None),
    )


def _urls(settings: Settings, host: str, *, tls: bool) -> tuple[str, ...]:
    turn = settings.turn
    host = f"[{host}]" if ":" in host else host
    port = turn.public_port or turn.port
    found = [f"turn:{host}:{port}?transport={kind}" for kind in ("udp", "tcp")]
    if tls:
        found.append(f"turns:{host}:{turn.public_tls_port or turn.tls_port}?transport=tcp")
    return tuple(found)


def _media(settings: Settings) -> tuple[str, ...]:
    """Return the addresses that sessions name, those of other networks first."""
    found: list[str] = []
    for address in settings.rtc.addresses or _resolved(settings.server.host):
        if address in reach.WILDCARDS:
            found += _machine(six=address == "::")
        else:
            found.append(address)
    return (*dict.fromkeys(one for one in found if not ipaddress.ip_address(one).is_link_local),)


def _resolved(host: str) -> tuple[str, ...]:
    if not host or host in reach.WILDCARDS:
        return (host or reach.WILDCARDS[0],)
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError:
        return ()  # the web process says so better, when it cannot listen
    return (*dict.fromkeys(str(one[4][0]) for one in found),)


def _machine(*, six: bool) -> list[str]:
    from aioice.ice import get_host_addresses  # as session processes ask; only for a wildcard

    own = [*lan_addresses(), *get_host_addresses(use_ipv4=True, use_ipv6=six)]
    return [one for one in own if six or ipaddress.ip_address(one).version == _FOUR]


def _certificate(settings: Settings) -> tuple[Path | None, Path | None]:
    """Return chain and key for TLS, those of the pages where TURN has none of its own."""
    turn, server = settings.turn, settings.server
    chain, key, name = (
        (turn.certificate, turn.certificate_key, "turn")
        if turn.certificate
        else (server.certificate, server.certificate_key, "server")
    )
    if not chain:
        return None, None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key or None)
    except (OSError, ssl.SSLError) as error:
        raise TurnError(f"{name}.certificate: {error}") from error
    return Path(chain).absolute(), Path(key or chain).absolute()
