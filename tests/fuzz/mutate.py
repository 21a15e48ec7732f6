"""Spoils good inputs in the ways that break parsers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

ODD = (0, 1, 2, 3, 4, 7, 8, 12, 13, 15, 16, 19, 20, 63, 64, 127, 128, 191, 192, 200, 205, 206, 255)
NUMBERS = ("0", "-1", "65535", "65536", "4294967296", "99999999999999999999", "1e9", "", "x", "٣")
LINES = (
    "a=group:BUNDLE",
    "a=mid:",
    "a=rtpmap:96",
    "a=fmtp:96 apt=x",
    "a=ssrc:x",
    "a=ssrc-group:FID 1",
    "a=extmap:x y",
    "a=candidate:1 1 udp 1 127.0.0.1 9 typ",
    "a=fingerprint:sha-256",
    "a=setup:holdconn",
    "m=video",
    "m=video 9 UDP/TLS/RTP/SAVPF",
    "c=IN",
    "a=rid:h send",
    "a=sctp-port:x",
    "=",
    "\x00",
)


def spoil(seed: random.Random, corpus: list[bytes], most: int = 4096) -> bytes:
    """Return one input of at most so many bytes; the same for the same state of ``seed``."""
    data = bytearray(seed.choice(corpus))
    for _ in range(seed.choice((0, 1, 1, 2, 3, 8))):
        at = seed.randrange(len(data) + 1)
        match seed.randrange(7):
            case 0 if data:
                data[at % len(data)] ^= 1 << seed.randrange(8)
            case 1 if data:
                data[at % len(data)] = seed.choice(ODD)
            case 2:
                del data[at:]
            case 3:
                del data[at : at + seed.randrange(1, 9)]
            case 4:
                data[at:at] = seed.randbytes(seed.randrange(1, 9))
            case 5:
                data[at:at] = data[at : at + seed.randrange(1, 65)]
            case _:
                other = seed.choice(corpus)
                data[at:] = other[seed.randrange(len(other) + 1) :]
    return bytes(data[:most])


def spoil_text(seed: random.Random, corpus: list[bytes], most: int = 65_000) -> bytes:
    """The same for lines of text."""
    lines = seed.choice(corpus).decode("utf-8", "replace").splitlines()
    for _ in range(seed.choice((0, 1, 1, 2, 3, 8))):
        at = seed.randrange(len(lines) + 1)
        match seed.randrange(7):
            case 0 if lines:
                del lines[at % len(lines)]
            case 1 if lines:
                lines.insert(at, lines[at % len(lines)])
            case 2 if lines:
                other = seed.randrange(len(lines))
                lines[at % len(lines)], lines[other] = lines[other], lines[at % len(lines)]
            case 3:
                lines.insert(at, seed.choice(LINES))
            case 4 if lines:
                line = lines[at % len(lines)]
                found = list(re.finditer(r"\d+", line))
                if found:
                    one = seed.choice(found)
                    line = line[: one.start()] + seed.choice(NUMBERS) + line[one.end() :]
                lines[at % len(lines)] = line
            case 5 if lines:
                line = lines[at % len(lines)]
                lines[at % len(lines)] = line[: seed.randrange(len(line) + 1)]
            case _:
                return spoil(seed, ["\r\n".join(lines).encode(), *corpus], most)
    return "\r\n".join(lines).encode("utf-8", "replace")[:most]
