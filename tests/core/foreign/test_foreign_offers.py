"""Offers of the field, and variants of them: what is taken, what is refused, how fast."""

from __future__ import annotations

import re
import socket
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genba.errors import GenbaError
from genba.session.camera.link import CameraLink
from genba.session.camera.slot import FrameSlot
from genba.session.mediaclock import MediaClock
from genba.session.peer import PeerSocket
from genba.wire.order import RtcOrder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

OFFERS = Path(__file__).parents[2] / "kit" / "offers"
REPEATS = 5


def offer(name: str) -> str:
    """Return a recorded offer as it goes over the wire."""
    return (OFFERS / f"{name}.sdp").read_text("utf-8").replace("\n", "\r\n")


def without(text: str, pattern: str) -> str:
    """Leave out every line that begins so."""
    return "".join(line for line in text.splitlines(True) if not re.match(pattern, line))


def candidates(*hosts: str) -> str:
    """Return Chromium's offer with candidates of these hosts alone."""
    lines = "".join(
        f"a=candidate:{n} 1 udp 2122260223 {host} {50000 + n} typ host generation 0\r\n"
        for n, host in enumerate(hosts)
    )
    text = without(offer("chromium"), "a=candidate")
    return text.replace("a=ice-ufrag", f"{lines}a=ice-ufrag", 1)


def only(text: str, *names: str) -> str:
    """Leave of a video m-line the formats of these codecs, in this order."""
    found = [n for name in names for n in re.findall(rf"a=rtpmap:(\d+) {name}/90000", text)]
    text = re.sub(r"(m=video \d+ \S+) .*", rf"\1 {' '.join(found)}", text)
    head, _, video = text.partition("m=video")
    for number in set(re.findall(r"a=rtpmap:(\d+)", video)) - set(found):
        video = without(video, rf"a=(rtpmap|fmtp|rtcp-fb):{number} ")
    return f"{head}m=video{video}"


def many_lines(count: int) -> str:
    """Return Chromium's offer with data and further m-lines until there are ``count``."""
    text = offer("chromium")
    video = text[text.index("m=video") :]
    mids = ["0", "1"]
    for n in range(2, count):
        more = re.sub(r"a=mid:\S+", f"a=mid:{n}", video)
        more = re.sub(r"a=ssrc.*\r\n", "", more)
        text += more
        mids.append(str(n))
    return re.sub(r"a=group:BUNDLE .*\r", f"a=group:BUNDLE {' '.join(mids)}\r", text)


def data_channel() -> str:
    """Return Chromium's offer with a data channel in front."""
    text = offer("chromium")
    audio = text[text.index("m=audio") : text.index("m=video")]
    keep = re.findall(r"(?m)^(?:c=|a=(?:ice-|fingerprint|setup)).*\r\n", audio)
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n" + "".join(keep)
    data += "a=mid:data\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n"
    text = text.replace("a=group:BUNDLE ", "a=group:BUNDLE data ")
    return text.replace("m=audio", data + "m=audio", 1)


@dataclass(frozen=True)
class Expected:
    """``codec`` and ``profile`` of the picture; ``refused`` m-lines; or an error's ``code``."""

    codec: str = "h264"
    profile: str = ""
    setup: str = "active"
    lines: int = 2
    refused: int = 0
    code: str = ""


UNACCEPTABLE, MALFORMED = Expected(code="offer.unacceptable"), Expected(code="offer.malformed")
HIGH = re.sub("profile-level-id=......", "profile-level-id=640c1f", offer("chromium"))
TABLE: dict[str, tuple[str, Expected]] = {
    "chromium": (offer("chromium"), Expected(profile="42e01f")),
    "firefox": (offer("firefox_like"), Expected(profile="42e01f")),
    "firefox before OpenH264": (only(offer("firefox_like"), "VP8", "VP9"), Expected("vp8")),
    "safari": (offer("safari_like"), Expected(profile="42e01f")),
    "safari, high alone": (without(offer("safari_like"), "a=fmtp:98"), Expected(profile="640c1f")),
    "obs": (offer("obs_like"), Expected(profile="42e01f")),
    "ffmpeg, passive": (offer("ffmpeg"), Expected(profile="42001f")),
    "ffmpeg, active": (offer("ffmpeg_active"), Expected(profile="42001f", setup="passive")),
    "pyav": (offer("pyav"), Expected(profile="42001f")),
    "gstreamer, vp8": (offer("gstreamer_vp8"), Expected("vp8")),
    "gstreamer, h264": (offer("gstreamer_h264"), Expected()),
    "aiortc": (offer("aiortc"), Expected()),
    "h264 high": (HIGH, Expected(profile="640c1f")),
    "av1 and vp9 first": (only(offer("chromium"), "AV1", "VP9", "VP8"), Expected("vp8")),
    "av1 and vp9 alone": (only(offer("chromium"), "AV1", "VP9"), Expected("opus", refused=1)),
    "no opus either": (
        only(offer("chromium"), "AV1", "VP9").replace("opus/48000/2", "speex/16000"),
        UNACCEPTABLE,
    ),
    "h264 in mode 0 alone": (
        only(offer("chromium"), "H264").replace("packetization-mode=1", "packetization-mode=0"),
        Expected("opus", refused=1),
    ),
    "eight m-lines": (many_lines(8), Expected(profile="42e01f", lines=8, refused=6)),
    "nine m-lines": (many_lines(9), MALFORMED),
    "a data channel first": (data_channel(), Expected(profile="42e01f", lines=3, refused=1)),
    "no mid, no bundle": (
        without(offer("chromium"), r"a=(mid|group)"),
        Expected(profile="42e01f"),
    ),
    "no rtcp-mux": (without(offer("chromium"), "a=rtcp-mux\r"), UNACCEPTABLE),
    "no fingerprint": (without(offer("chromium"), "a=fingerprint"), UNACCEPTABLE),
    "no trickle": (without(offer("chromium"), "a=ice-options"), Expected(profile="42e01f")),
    "candidates of IPv6": (candidates("2001:db8::7", "fe80::1"), Expected(profile="42e01f")),
    "candidates of mDNS": (
        candidates("6e1f3c1e-0000-4000-8000-00000000000a.local", "nobody.invalid"),
        Expected(profile="42e01f"),
    ),
    "candidates of others": (candidates("10.0.0.1", "127.0.0.1"), Expected(profile="42e01f")),
}


@pytest.fixture
async def peers() -> AsyncIterator[PeerSocket]:
    async with PeerSocket(RtcOrder()) as found:
        yield found


@pytest.mark.parametrize("name", list(TABLE))
async def test_an_offer_of_the_field_is_answered_as_expected(
    name: str, peers: PeerSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, expected = TABLE[name]
    sent: list[bytes] = []

    def never(*words: object, **_: object) -> None:
        raise AssertionError(f"a name was looked up: {words}")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(peers, "send", lambda data, _: sent.append(data))
    took = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        code, link = "", None
        try:
            link = await CameraLink.open(peers, text, MediaClock(), FrameSlot())
        except GenbaError as error:
            code = error.code
        took.append((time.perf_counter() - begun) * 1000)
        assert code == expected.code
        if link is not None:
            try:
                answered(link, expected)
            finally:
                await link.close()
    assert sent == []  # nobody is contacted on the word of an offer
    figures = f"{name}: {statistics.median(took):.1f} ms, at most {max(took):.1f} ms"
    print(figures)  # noqa: T201  a figure, not an assert: machines differ


def answered(link: CameraLink, expected: Expected) -> None:
    """Hold an answer against what is expected."""
    answer = link.peer.answer
    sections = answer.split("\r\nm=")[1:]
    assert len(sections) == expected.lines
    refused = [section for section in sections if section.split()[1] == "0"]
    assert len(refused) == expected.refused
    assert link.stats().codec == expected.codec
    assert f"a=setup:{expected.setup}" in answer
    assert ("profile-level-id=" in answer) == (expected.codec == "h264")
    if expected.profile:
        assert f"profile-level-id={expected.profile}" in answer
    assert answer.count("a=ice-ufrag:") == expected.lines
