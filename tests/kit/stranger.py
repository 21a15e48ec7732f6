"""Somebody on the network who has not been asked: sends datagrams, and listens."""

from __future__ import annotations

import os
import random
import re
import socket
import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aioice import stun

if TYPE_CHECKING:
    from collections.abc import Iterator

RANDOM = random.Random(7)  # noqa: S311  the same junk each time


def client_hello() -> bytes:
    """A DTLS 1.2 ClientHello that offers only TLS_RSA_WITH_NULL_SHA256: who takes it, fails."""
    body = struct.pack("!H", 0xFEFD) + RANDOM.randbytes(32) + bytes(2)
    body += struct.pack("!HHBB", 2, 0x003B, 1, 0)
    head = struct.pack("!B", 1) + len(body).to_bytes(3, "big")
    head += struct.pack("!HxxxB", 0, 0)[:5] + len(body).to_bytes(3, "big")
    return record(22, head + body)


def record(kind: int, payload: bytes, epoch: int = 0, version: int = 0xFEFD) -> bytes:
    """A DTLS record."""
    number = RANDOM.randrange(1 << 16)
    return struct.pack("!BHHHLH", kind, version, epoch, 0, number, len(payload)) + payload


def alert(level: int = 2, what: int = 40, epoch: int = 0) -> bytes:
    """A fatal handshake_failure, or a close_notify (1, 0), in the clear."""
    return record(21, bytes([level, what]), epoch)


def srtp(payload_type: int, ssrc: int, sequence: int, size: int = 200) -> bytes:
    """RTP whose tag nobody has computed."""
    head = struct.pack("!BBHLL", 0x80, payload_type, sequence & 0xFFFF, sequence * 3000, ssrc)
    return head + RANDOM.randbytes(size)


def srtcp(ssrc: int, kind: int = 203) -> bytes:
    """RTCP (a BYE) whose tag nobody has computed."""
    return struct.pack("!BBHL", 0x81, kind, 1, ssrc) + RANDOM.randbytes(30)


def check(ufrag: str, key: bytes, *, name: str = "abcd", nominated: bool = True) -> bytes:
    """A STUN binding request with this password."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{ufrag}:{name}"
    request.attributes["PRIORITY"] = 1
    if nominated:
        request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(key)
    return bytes(request)


def junk() -> list[bytes]:
    """Datagrams of every first byte, short and long, and those that have ended calls elsewhere."""
    found = [b"", b"\x00", b"\x80", bytes(12), bytes(13), os.urandom(3000)]
    found += [bytes([first]) + RANDOM.randbytes(RANDOM.randrange(60)) for first in range(256)]
    found += [bytes([first]) for first in range(256)]
    # STUN whose lengths lie, before and behind the cookie.
    for length in (0, 4, 8, 0xFFFF):
        head = struct.pack("!HHL", 1, length, stun.COOKIE) + bytes(12)
        found += [head, head + struct.pack("!HH", 6, 0xFFFF), head + struct.pack("!HH", 8, 20)]
    return found


@contextmanager
def stranger(port: int) -> Iterator[socket.socket]:
    """A socket of its own, connected to a session's port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        made.connect(("127.0.0.1", port))
        yield made


def credentials(answer: str) -> tuple[str, str]:
    """Return ufrag and password of an answer."""
    ufrag = re.search(r"a=ice-ufrag:(\S+)", answer)
    password = re.search(r"a=ice-pwd:(\S+)", answer)
    assert ufrag is not None
    assert password is not None
    return ufrag[1], password[1]
