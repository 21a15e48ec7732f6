"""What single words of settings have to be: addresses, names and ICE servers.

Each function returns the word or raises ValueError with the cause. None asks machine or network.
"""

from __future__ import annotations

import ipaddress
import re

from genba import reach

LAST_PORT = 65535
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*\.?")
_HOST = rf"(?P<host>{_LABEL}(\.{_LABEL})*|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{{1,5}}))?"
_ICE = re.compile(rf"(stuns?:{_HOST})")
_TURN = re.compile(rf"(turns?:{_HOST}(\?transport=(udp|tcp))?)")


def local_address(text: str) -> str:
    """Take an address that a socket can be bound to and a candidate can name."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"{text} is not an address; write one like 192.0.2.7 or ::") from None
    if found.is_multicast:
        raise ValueError(f"{text} is a multicast address")
    if found.is_link_local and found.version == 6:  # noqa: PLR2004
        raise ValueError(f"{text} is link-local: no candidate can carry its zone")
    return str(found)


def public_name(text: str) -> str:
    """Take an address that others may reach, or a host name."""
    reason = reach.wrong_public(text)
    if reason:
        raise ValueError(reason)
    try:
        ipaddress.ip_address(text)
    except ValueError:
        last = text.rstrip(".").rpartition(".")[2]
        if not _NAME.fullmatch(text) or last.isdigit():
            raise ValueError(f"{text} is neither an address nor a host name") from None
    return text


def ice_server(text: str) -> str:
    """Take ``url`` of STUN or ``url|user|secret`` of TURN; the secret is in no message."""
    url, *credentials = text.split("|")
    turn = url.startswith("turn")
    match = (_TURN if turn else _ICE).fullmatch(url)
    if match is None or int(match["port"] or 1) not in range(1, LAST_PORT + 1):
        raise ValueError(f"{url}: write stun:host:port or turn:host:port?transport=tcp")
    if turn and (len(credentials) != 2 or not all(credentials)):  # noqa: PLR2004
        raise ValueError(f"{url}: TURN needs |user|secret behind it")
    if not turn and any(credentials):
        raise ValueError(f"{url}: STUN takes no user and no secret")
    if any(letter in one for one in credentials for letter in '"\\\r\n'):
        raise ValueError(f"{url}: user and secret hold no quotes, backslashes or line ends")
    return text
