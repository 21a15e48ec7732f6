"""Pieces that offers are put together from."""

from __future__ import annotations

import re

HEAD = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
FINGERPRINT = ":".join(["AA"] * 32)
TRANSPORT = [
    "c=IN IP4 0.0.0.0",
    "a=ice-ufrag:abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuvwx",
    f"a=fingerprint:sha-256 {FINGERPRINT}",
    "a=setup:actpass",
    "a=rtcp-mux",
    "a=sendonly",
]


def section(media: str, mid: str, lines: list[str]) -> str:
    """Return an m-line with everything that WebRTC wants of it."""
    return "\r\n".join([f"m={media}", *TRANSPORT, f"a=mid:{mid}", *lines]) + "\r\n"


def offer(*sections: str) -> str:
    """Return an offer that bundles its sections."""
    mids = re.findall(r"a=mid:(\S+)", "".join(sections))
    return HEAD + f"a=group:BUNDLE {' '.join(mids)}\r\n" + "".join(sections)


AUDIO = section(
    "audio 9 UDP/TLS/RTP/SAVPF 0 111",
    "0",
    ["a=rtpmap:0 PCMU/8000", "a=rtpmap:111 opus/48000/2", "a=fmtp:111 useinbandfec=1"],
)
VIDEO = section(
    "video 9 UDP/TLS/RTP/SAVPF 96 97",
    "1",
    [
        "a=rtpmap:96 VP8/90000",
        "a=rtcp-fb:96 nack",
        "a=rtcp-fb:96 nack pli",
        "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96",
    ],
)
