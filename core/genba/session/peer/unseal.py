"""SRTP of what comes, in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pylibsrtp._binding import ffi, lib

if TYPE_CHECKING:
    import pylibsrtp

LARGEST = 2048  # bytes: the socket hands no larger datagram over


class Unsealer:
    """Memory for one packet at a time; on the event loop.

    This is pylibsrtp's call of libsrtp without its method, which makes objects for each packet.
    """

    def __init__(self) -> None:
        """Take the memory once."""
        self._base = ffi.new("unsigned char[]", LARGEST)
        self._view = memoryview(ffi.buffer(self._base))
        self._length = ffi.new("int *")

    def open(self, session: pylibsrtp.Session, data: bytes) -> bytes | None:
        """Return the plain packet; None where it is forged, comes again, or is too long."""
        size = len(data)
        if size > LARGEST:
            return None
        self._view[:size] = data
        self._length[0] = size
        if lib.srtp_unprotect(session._srtp[0], self._base, self._length):  # noqa: SLF001  see private.py
            return None
        return bytes(self._view[: self._length[0]])
