"""An RTP packet that came (RFC 3550, 5.1; header extensions: RFC 8285)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Protocol

_HEADER = struct.Struct("!BBHLL")
_EXTENSION = struct.Struct("!HH")
_NUMBER = struct.Struct("!H")
_MOMENT = struct.Struct("!L")
_ONE_BYTE, _TWO_BYTES = 0xBEDE, 0x100


@dataclass(frozen=True, slots=True)
class Numbers:
    """The negotiated numbers of the header extensions that are read; 0: not negotiated."""

    mid: int = 0
    wide: int = 0  # the transport-wide sequence number
    sent: int = 0  # abs-send-time


class Packet(Protocol):
    """What receivers read of a packet."""

    @property
    def payload_type(self) -> int:
        """As it was negotiated."""
        ...

    @property
    def marker(self) -> int:
        """1: a picture's last packet."""
        ...

    @property
    def sequence_number(self) -> int:
        """16 bits."""
        ...

    @property
    def timestamp(self) -> int:
        """32 bits."""
        ...

    @property
    def ssrc(self) -> int:
        """Of the stream."""
        ...

    @property
    def payload(self) -> bytes:
        """Without padding."""
        ...

    @property
    def padding_size(self) -> int:
        """Bytes."""
        ...


class Rtp:
    """A parsed packet; made once for each that comes, so it is as plain as it can be."""

    __slots__ = (
        "marker",
        "mid",
        "padding_size",
        "payload",
        "payload_type",
        "sent",
        "sequence_number",
        "ssrc",
        "timestamp",
        "wide",
    )

    def __init__(self, data: bytes, numbers: Numbers) -> None:
        """Parse; raise ValueError, IndexError or struct.error where it is garbled."""
        first, second, self.sequence_number, self.timestamp, self.ssrc = _HEADER.unpack_from(data)
        if first >> 6 != 2:  # noqa: PLR2004  the version
            raise ValueError("RTP of another version")
        self.marker = second >> 7
        self.payload_type = second & 127
        self.mid = b""
        self.wide: int | None = None
        self.sent: int | None = None
        at = 12 + 4 * (first & 15)
        end = len(data)
        if first & 16:
            profile, words = _EXTENSION.unpack_from(data, at)
            at += 4 + 4 * words
            if profile == _ONE_BYTE:
                self._extensions(data, at - 4 * words, at, numbers)
            elif profile >> 4 == _TWO_BYTES:
                self._long_extensions(data, at - 4 * words, at, numbers)
        self.padding_size = 0
        if first & 32:
            self.padding_size = data[-1]
            end -= self.padding_size or end
        if at > end:
            raise ValueError("RTP that is cut short")
        self.payload = data[at:end]

    def _extensions(self, data: bytes, at: int, end: int, numbers: Numbers) -> None:
        """Read elements with a head of one byte: number, and length less one."""
        while at < end:
            head = data[at]
            at += 1
            if not head:
                continue  # padding
            after = at + (head & 15) + 1
            if after > end:
                raise ValueError("a header extension is cut short")
            number = head >> 4
            if number == numbers.wide:
                (self.wide,) = _NUMBER.unpack(data[at:after])
            elif number == numbers.mid:
                self.mid = data[at:after]
            elif number == numbers.sent:
                (self.sent,) = _MOMENT.unpack(b"\0" + data[at:after])
            at = after

    def _long_extensions(self, data: bytes, at: int, end: int, numbers: Numbers) -> None:
        """Read elements with a head of two bytes: number, length."""
        while at < end:
            number = data[at]
            at += 1
            if not number:
                continue  # padding
            after = at + 1 + data[at]
            if after > end:
                raise ValueError("a header extension is cut short")
            value = data[at + 1 : after]
            if number == numbers.wide:
                (self.wide,) = _NUMBER.unpack(value)
            elif number == numbers.mid:
                self.mid = value
            elif number == numbers.sent:
                (self.sent,) = _MOMENT.unpack(b"\0" + value)
            at = after
