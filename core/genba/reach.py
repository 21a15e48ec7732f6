"""How the server is reached: checks of ``rtc.*`` that need the machine or a name server.

What a setting's text alone can tell is checked as it is read (``genba.settings``). Everything
here may block: call it in a thread.
"""

from __future__ import annotations

import ipaddress
import socket

WILDCARDS = ("0.0.0.0", "::")  # noqa: S104  compared, never bound here
SYSTEM_PORTS = 1024  # those below belong to whoever may take them


class ReachError(ValueError):
    """A setting that does not do on this machine; the message names it and says why."""


def check(addresses: tuple[str, ...], udp_ports: str, public_address: str) -> None:
    """Raise ReachError where media could not go in and out as the settings of ``rtc`` say.

    Tries the addresses by binding each of them for a moment, the range by its lowest port where
    that is one of the system's, and names by looking them up.
    """
    for address in addresses:
        reason = refusal(address)
        if reason:
            raise ReachError(f"rtc.addresses {address}: {reason}")
    low = ports(udp_ports)[0]
    if 0 < low < SYSTEM_PORTS:
        reason = refusal(addresses[0] if addresses else WILDCARDS[0], low, taken=True)
        if reason:
            raise ReachError(f"rtc.udp_ports {udp_ports}: port {low}: {reason}")
    public(public_address)


def ports(text: str) -> tuple[int, int]:
    """Return the lowest and the highest port of ``rtc.udp_ports``; 0 and 0: any."""
    low, _, high = text.partition("-")
    return int(low or 0), int(high or 0)


def refusal(address: str, port: int = 0, *, taken: bool = False) -> str:
    """Say why the machine gives out no UDP port there; empty where it does.

    ``taken``: a port that somebody has already is no reason.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address, port))
    except PermissionError:
        return f"ports below {SYSTEM_PORTS} are not given to this user"
    except OSError as error:
        return "" if taken else error.strerror or str(error)
    return ""


def public(text: str) -> tuple[str, ...]:
    """Return the addresses that ``rtc.public_address`` stands for, names looked up, in order.

    Of a name the first address of each family counts. Raises ReachError.
    """
    found: list[str] = []
    for word in names(text):
        try:
            found.append(str(ipaddress.ip_address(word)))
        except ValueError:
            found += _looked_up(word)
    return (*dict.fromkeys(found),)


def names(text: str) -> list[str]:
    """Return the addresses and names of ``rtc.public_address`` as they are written."""
    return [word for word in text.replace(",", " ").split() if word]


def wrong_public(address: str) -> str:
    """Say why nobody reaches ``address`` from outside; empty where they may, or it is a name."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    kinds = {
        "an unspecified": found.is_unspecified,
        "a multicast": found.is_multicast,
        "a loopback": found.is_loopback,
        "a link-local": found.is_link_local,
    }
    kind = next((name for name, is_so in kinds.items() if is_so), "")
    return f"{address} is {kind} address" if kind else ""


def _looked_up(name: str) -> list[str]:
    try:
        answers = socket.getaddrinfo(name, None, type=socket.SOCK_DGRAM)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ReachError(f"rtc.public_address {name}: {reason}") from error
    by_family: dict[int, str] = {}
    for family, _, _, _, where in answers:
        by_family.setdefault(family, str(where[0]))
    for address in by_family.values():
        reason = wrong_public(address)
        if reason:
            raise ReachError(f"rtc.public_address {name}: {reason}")
    return list(by_family.values())
