"""SRTP of what is sent: a whole run of packets in one buffer, in place."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pylibsrtp._binding import ffi, lib

from genba.session.peer.train import MOST

if TYPE_CHECKING:
    import pylibsrtp

    from genba.session.peer.train import Train

log = logging.getLogger(__name__)

LARGEST = 1500  # bytes of a packet before it is protected
TRAILER = 16 + 128  # SRTP_MAX_TRAILER_LEN, which libsrtp may write behind a packet


class SealBuffer:
    """Room for one run; on the event loop, and used up before the next one is written."""

    def __init__(self) -> None:
        """Take the memory once."""
        size = MOST * (LARGEST + TRAILER)
        self.base = ffi.new("unsigned char[]", size)
        self.view = memoryview(ffi.buffer(self.base))
        self.length = ffi.new("int *")


def seal(
    session: pylibsrtp.Session,
    buffer: SealBuffer,
    train: Train,
    start: int,
    stop: int,
    *,
    block: bytes,
    number: int,
) -> tuple[memoryview, int]:
    """Write and protect the packets ``start`` to ``stop`` of a train, one behind the other.

    Returns them, good until the next call, and the size of the first one. This is pylibsrtp's call
    of libsrtp without its method, which copies each packet three times. What libsrtp refuses (an
    index older than its window) is left out; a payload that is too long is a ValueError.
    """
    context, protect = session._srtp[0], lib.srtp_protect  # noqa: SLF001  see private.py
    base, view, length = buffer.base, buffer.view, buffer.length
    at = size = 0
    for index in range(start, stop):
        if len(train.payloads[index]) + train.header.size > LARGEST:
            raise ValueError("a packet is too long")
        length[0] = train.write(index, view, at, block, number + index - start) - at
        fault = protect(context, base + at, length)
        if fault:
            log.debug("a packet was not protected: libsrtp says %d", fault)
            continue
        at += length[0]
        size = size or length[0]
    return view[:at], size
