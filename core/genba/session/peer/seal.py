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
    header, payloads, first = train.header, train.payloads, train.first
    write, head, numbered = header.pack_into, header.size, header.numbered
    if head + len(payloads[start]) > LARGEST:  # of a run the first is the largest
        raise ValueError("a packet is too long")
    fixed = (header.first, train.payload_type)
    last = len(payloads) - 1 if train.marked else -1
    at = size = 0
    for index in range(start, stop):
        if index == last:
            fixed = (header.first, train.payload_type | 0x80)
        words = ((first + index) & 0xFFFF, train.timestamp, train.ssrc, block)
        if numbered:
            write(view, at, *fixed, *words, (number + index - start) & 0xFFFF)
        else:
            write(view, at, *fixed, *words)
        payload = payloads[index]
        begin = at + head
        end = begin + len(payload)
        view[begin:end] = payload
        length[0] = end - at
        fault = protect(context, base + at, length)
        if fault:
            log.debug("a packet was not protected: libsrtp says %d", fault)
            continue
        at += length[0]
        size = size or at
    return view[:at], size
