"""Which addresses this machine has, found without asking anybody. Blocking: call in a thread."""

from __future__ import annotations

import ipaddress
import socket

# Documentation networks (RFC 5737, RFC 3849): connecting a UDP socket sends nothing, it only asks
# the routing table which local address would be used.
_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
LOOPBACK = "127.0.0.1"


def is_wildcard(host: str) -> bool:
    """Say whether ``host`` means every address."""
    return host in ("", "0.0.0.0", "::")  # noqa: S104 (compared, not bound)


def of_host(host: str) -> tuple[str, ...]:
    """Return the addresses that listening on ``host`` reaches, the one for other machines first."""
    if not is_wildcard(host):
        return _resolved(host) or (LOOPBACK,)
    found = [address for family, far in _FAR if (address := _towards(family, far))]
    if host != "::":
        found = [a for a in found if ipaddress.ip_address(a).version == 4]  # noqa: PLR2004
    return (*dict.fromkeys((*found, LOOPBACK)),)


def _towards(family: socket.AddressFamily, far: str) -> str:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""  # no route: a machine without a network has its loopback alone


def _resolved(host: str) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError:
        return ()
    return (*dict.fromkeys(str(address[4][0]) for address in found),)
