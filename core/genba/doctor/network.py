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

from genba import certificate
from genba.clock import jst

if TYPE_CHECKING:
    from datetime import datetime

    from genba.api import Finding
    from genba.doctor.say import Say
    from genba.settings import Server, Settings

SOON = timedelta(days=14)
_LARGEST = 65535
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


def udp(say: Say, settings: Settings) -> Finding:
    """Say whether media finds ports: one for each session."""
    rtc = settings.rtc
    addresses = rtc.addresses or _addresses(settings.server.host)
    for address in addresses:
        try:
            _bind(address, 0, socket.SOCK_DGRAM)
        except OSError as error:
            return say.bad("udp.foreign", address=address, error=error.strerror or str(error))
    shown = ", ".join(addresses)
    if not rtc.udp_ports:
        return say.good("udp.any", addresses=shown)
    low, high = (int(end) for end in rtc.udp_ports.split("-"))
    if not 0 < low <= high <= _LARGEST:
        return say.bad("udp.range", ports=rtc.udp_ports)
    free = sum(_is_free(addresses[0], port) for port in range(low, high + 1))
    if free == 0:
        return say.bad("udp.none", ports=rtc.udp_ports)
    if free < settings.server.max_sessions:
        sessions = settings.server.max_sessions
        return say.warn("udp.few", free=free, ports=rtc.udp_ports, sessions=sessions)
    return say.good("udp.good", addresses=shown, ports=rtc.udp_ports)


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
