"""coturn's file, written from a plan: nothing is open that a call does not need."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from genba.turn.plan import Plan

REALM = "genba"
USER_QUOTA = 24  # allocations of one bearer: a page makes three for each of its links
LIFETIME = 600  # seconds that an allocation, or a nonce, stands without a refresh
# Everything, so that no special range of today or tomorrow is left out; ``allowed-peer-ip`` goes
# before it in coturn. Mapped, translated and 6to4 addresses are inside ``::/0``.
DENIED = ("0.0.0.0-255.255.255.255", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
_SAFE = (
    "fingerprint",
    "no-cli",
    "no-dtls",
    "no-multicast-peers",
    "no-rfc5780",
    "no-software-attribute",
    "no-stun",
    "no-stun-backward-compatibility",
    "no-tcp-relay",
    "no-tlsv1",
    "no-tlsv1_1",
    "response-origin-only-with-rfc5780",
    "no-auth-pings",
    "no-dynamic-ip-list",
    "no-dynamic-realms",
)
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all good


def text(plan: Plan, secret: str, folder: Path) -> str:
    """Return the file's text; it holds the secret. ``folder`` takes what coturn itself writes."""
    low, high = plan.relay_ports
    four = any(ipaddress.ip_address(one).version == 4 for one in plan.relays)  # noqa: PLR2004
    lines = [
        *_SAFE,
        f"realm={REALM}",
        "use-auth-secret",
        f"static-auth-secret={secret}",
        f"listening-port={plan.port}",
        *(f"listening-ip={one}" for one in plan.listens),
        *(f"relay-ip={one}" for one in plan.relays),
        f"allocation-default-address-family={'ipv4' if four else 'ipv6'}",
        f"min-port={low}",
        f"max-port={high}",
        *(f"allowed-peer-ip={one}" for one in plan.peers),
        *(f"denied-peer-ip={one}" for one in DENIED),
        f"user-quota={USER_QUOTA}",
        f"total-quota={high - low + 1}",
        f"max-bps={plan.kbps * 1000 // 8}",  # coturn counts bytes
        f"stale-nonce={LIFETIME}",
        f"max-allocate-lifetime={LIFETIME}",
        "log-file=stdout",
        "simple-log",
        f"userdb={folder / 'turn.db'}",
        f"pidfile={folder / 'turn.pid'}",
    ]
    if plan.chain is None or plan.key is None:
        lines.append("no-tls")
    else:
        lines += [
            f"tls-listening-port={plan.tls_port}",
            f"cert={plan.chain}",
            f"pkey={plan.key}",
            f"cipher-list={_CIPHERS}",
        ]
    return "\n".join(lines) + "\n"
