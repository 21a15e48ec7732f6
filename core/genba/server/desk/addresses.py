"""Which addresses a listening host stands for (blocking: call in a thread), and whose one is."""

from __future__ import annotations

import ipaddress
import socket

from genba.certificate import lan_addresses

LOOPBACK = "127.0.0.1"
_IPV4 = 4


def is_wildcard(host: str) -> bool:
    """Say whether ``host`` means every address."""
    return host in ("", "0.0.0.0", "::")  # noqa: S104 (compared, not bound)


def listening(host: str) -> tuple[str, ...]:
    """Return the addresses of ``host``, a wildcard as it is: each session asks the machine anew."""
    if is_wildcard(host):
        return (host or "0.0.0.0",)  # noqa: S104 (a session binds it, and hears who has a ticket)
    return of_host(host)


def of_host(host: str) -> tuple[str, ...]:
    """Return the addresses that listening on ``host`` reaches, the one for other machines first."""
    if not is_wildcard(host):
        return _resolved(host) or (LOOPBACK,)
    found = lan_addresses()
    if host != "::":
        found = tuple(a for a in found if ipaddress.ip_address(a).version == _IPV4)
    return (*dict.fromkeys((*found, LOOPBACK)),)


def network(address: str) -> str:
    """Return what one household has: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _resolved(host: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError:
        return ()
    return (*dict.fromkeys(str(address[4][0]) for address in found),)
