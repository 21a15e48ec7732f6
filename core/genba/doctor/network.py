"""Checks of ports and of the certificate. They block: call them in a thread."""

from __future__ import annotations

import ipaddress
import json
import socket
import stat
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from genba import certificate, reach
from genba.clock import jst

if TYPE_CHECKING:
    from datetime import datetime

    from genba.api import Finding
    from genba.doctor.say import Say
    from genba.settings import Server, Settings

SOON = timedelta(days=14)
_HTTP = "http"


def tcp(say: Say, settings: Settings) -> Finding:
    """Say whether the server can listen."""
    host, port = settings.server.host, settings.server.port
    if port == 0:
        return say.good("tcp.any")
    try:
        _bind(host, port, socket.SOCK_STREAM)
    except OSError as error:
        if not settings.server.certificate and _is_genba(host, port):
            return say.good("tcp.genba", host=host, port=port)
        return say.bad("tcp.no", host=host, port=port, error=error.strerror or str(error))
    return say.good("tcp.good", host=host, port=port)


def offered(settings: Settings) -> tuple[str, ...]:
    """Return the local addresses that a session's answers would name now."""
    from genba.session.peer.binding import expanded

    return expanded(settings.rtc.addresses or _media(settings.server.host))


def udp(say: Say, settings: Settings) -> Finding:
    """Say whether media finds ports, one for each session, where others reach them."""
    rtc, url = settings.rtc, settings.server.public_url
    for address in rtc.addresses or _media(settings.server.host):
        reason = reach.refusal(address)
        if reason:
            return say.bad("udp.foreign", address=address, error=reason)
    addresses = offered(settings)
    shown = ", ".join(addresses)
    if url and not rtc.public_address and _all_near(addresses) and not _is_near(url):
        return say.bad("udp.near", addresses=shown, url=url)
    if not rtc.udp_ports:
        return say.good("udp.any", addresses=shown)
    return _range(say, settings, addresses)


def _range(say: Say, settings: Settings, addresses: tuple[str, ...]) -> Finding:
    rtc, shown = settings.rtc, ", ".join(addresses)
    low, high = reach.ports(rtc.udp_ports)
    if low < reach.SYSTEM_PORTS:
        reason = reach.refusal(addresses[0], low, taken=True)
        if reason:
            return say.bad("udp.system", ports=rtc.udp_ports, port=low, error=reason)
    free = sum(_is_free(addresses[0], port) for port in range(low, high + 1))
    sessions = settings.server.max_sessions
    if free == 0:
        return say.bad("udp.none", ports=rtc.udp_ports)
    if free < sessions:
        return say.warn("udp.few", free=free, ports=rtc.udp_ports, sessions=sessions)
    return say.good("udp.good", addresses=shown, ports=rtc.udp_ports)


def public(say: Say, settings: Settings) -> Finding:
    """Say what phones outside are told."""
    try:
        named = reach.public(settings.rtc.public_address)
    except reach.ReachError as error:
        return say.bad("public.wrong", error=error)
    if named:
        shown = ", ".join(named)
        if all(ipaddress.ip_address(one).is_private for one in named):
            return say.warn("public.inside", addresses=shown)
        return say.good("public.good", addresses=shown)
    host = urlsplit(settings.server.public_url).hostname or ""
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM) if host else []
    except OSError:  # a name that only others can look up says nothing
        answers = []
    found = [str(where[0]) for *_, where in answers]
    outside = [one for one in found if ipaddress.ip_address(one.partition("%")[0]).is_global]
    if outside and not set(outside) & set(offered(settings)):
        return say.warn("public.nat", host=host, found=outside[0])
    return say.good("public.none")


def _all_near(addresses: tuple[str, ...]) -> bool:
    return all(ipaddress.ip_address(one).is_loopback for one in addresses)


def _is_near(url: str) -> bool:
    """Say whether a URL leads to this very machine by its name."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host.startswith("127.") or host == "::1"


def _media(host: str) -> tuple[str, ...]:
    """Return where media stands when ``rtc.addresses`` does not say it."""
    if host in ("", *reach.WILDCARDS):
        return (host or reach.WILDCARDS[0],)
    return _addresses(host)


def tls(say: Say, settings: Settings, now: datetime) -> Finding:
    """Say whether browsers will trust the server with a camera."""
    server = settings.server
    if not server.certificate and not server.certificate_key:
        return _without_tls(say, server)
    try:
        found = certificate.read(Path(server.certificate), Path(server.certificate_key))
    except (OSError, certificate.CertificateError) as error:
        return say.bad("certificate.wrong", error=error)
    facts = {"path": found.chain, "until": f"{jst(found.expires):%Y-%m-%d %H:%M} JST"}
    if found.expires <= now:
        return say.bad("certificate.over", **facts)
    if found.key.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        return say.warn("certificate.open", path=found.key)
    if found.expires - now < SOON:
        return say.warn("certificate.soon", **facts)
    return say.good("certificate.good", **facts)


def _without_tls(say: Say, server: Server) -> Finding:
    if server.public_url.startswith("https:"):
        return say.good("certificate.proxy", url=server.public_url)
    if all(ipaddress.ip_address(a).is_loopback for a in _addresses(server.host)):
        return say.good("certificate.local")
    return say.warn("certificate.plain")


def _addresses(host: str) -> tuple[str, ...]:
    """Return the numeric addresses that listening on ``host`` reaches."""
    try:
        numeric = ipaddress.ip_address(host)
    except ValueError:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        return tuple(dict.fromkeys(str(one[4][0]) for one in found))
    if numeric.is_unspecified:
        return (*certificate.lan_addresses(), "127.0.0.1")
    return (host,)


def _bind(host: str, port: int, kind: socket.SocketKind) -> None:
    """Take the port and give it back; raises OSError."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _is_free(host: str, port: int) -> bool:
    try:
        _bind(host, port, socket.SOCK_DGRAM)
    except OSError:
        return False
    return True


def _is_genba(host: str, port: int) -> bool:
    """Say whether what listens there is Genba itself."""
    near = _addresses(host)[-1]
    name = f"[{near}]" if ":" in near else near
    try:
        with urllib.request.urlopen(f"{_HTTP}://{name}:{port}/healthz", timeout=2) as answer:  # noqa: S310 (http alone)
            return "alive" in json.loads(answer.read(4096))
    except (OSError, ValueError):
        return False
