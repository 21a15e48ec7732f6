"""What is taken of an offer, and which offers are none."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import pytest

from genba.errors import GenbaError
from genba.session.peer.offer import ABS_SEND_TIME, MID, TRANSPORT_CC, Offer, read_offer
from tests.kit.sdp import AUDIO, HEAD, VIDEO, offer, section

if TYPE_CHECKING:
    from genba.session.peer.offer import Kind


def pick_of(text: str, kind: str = "video", **options: bool) -> tuple[str, int, str]:
    read = read_offer(text, "publish", **options)  # type: ignore[arg-type]  # flags only
    pick = next(pick for pick in read.taken if pick.kind == kind)
    return pick.name, pick.payload_type, pick.format


def h264(number: int, profile: str, mode: int = 1) -> list[str]:
    return [
        f"a=rtpmap:{number} H264/90000",
        f"a=fmtp:{number} packetization-mode={mode};profile-level-id={profile}",
    ]


def video(*codecs: list[str]) -> str:
    lines = [line for codec in codecs for line in codec]
    numbers = " ".join(re.findall(r"rtpmap:(\d+)", "\n".join(lines)))
    return offer(section(f"video 9 UDP/TLS/RTP/SAVPF {numbers}", "0", lines))


VP8 = ["a=rtpmap:120 VP8/90000"]


@pytest.mark.parametrize(
    ("codecs", "taken"),
    [
        ([VP8, h264(100, "42e01f")], ("h264", 100)),
        ([h264(99, "42001f"), h264(100, "42e01f")], ("h264", 100)),
        ([h264(99, "640c1f"), h264(100, "42E01F")], ("h264", 100)),
        ([VP8, h264(99, "640c1f")], ("h264", 99)),
        ([VP8, h264(99, "4d001f")], ("h264", 99)),
        ([VP8, h264(99, "42001f")], ("h264", 99)),
        ([h264(99, "42e01f", mode=0), VP8], ("vp8", 120)),
        ([h264(99, "nonsense"), VP8], ("vp8", 120)),
    ],
)
def test_h264_of_the_best_profile_then_vp8(codecs: list[list[str]], taken: tuple[str, int]) -> None:
    assert pick_of(video(*codecs))[:2] == taken


def test_vp8_first_flips() -> None:
    assert pick_of(video(h264(100, "42e01f"), VP8), vp8_first=True)[:2] == ("vp8", 120)


def test_level_follows_the_height() -> None:
    text = video(h264(100, "640c1f"))
    assert pick_of(text)[2].endswith("profile-level-id=640c1f")
    assert pick_of(text, above_720=True)[2].endswith("profile-level-id=640c28")


def test_opus_and_retransmissions_are_found() -> None:
    read = read_offer(offer(AUDIO, VIDEO), "publish")
    sound, picture = read.taken
    assert (sound.name, sound.payload_type, sound.rtx) == ("opus", 111, None)
    assert picture.rtx is not None
    assert picture.rtx.payloadType == 97


def test_extensions_of_the_role() -> None:
    lines = [f"a=extmap:{n} {uri}" for n, uri in ((3, MID), (4, ABS_SEND_TIME), (15, "urn:x"))]
    text = offer(section("video 9 UDP/TLS/RTP/SAVPF 120", "0", [*VP8, *lines]))
    assert read_offer(text, "publish").taken[0].extensions == {MID: 3, ABS_SEND_TIME: 4}
    text = text.replace("a=extmap:15 urn:x", f"a=extmap:5 {TRANSPORT_CC}")
    assert read_offer(text, "publish").taken[0].extensions[TRANSPORT_CC] == 5
    view = read_offer(text.replace("sendonly", "recvonly"), "view")
    assert TRANSPORT_CC not in view.taken[0].extensions


def indexes(read: Offer) -> list[int]:
    return [pick.index for pick in read.taken]


def test_what_cannot_be_used_is_refused_alone() -> None:
    data = section("application 9 UDP/DTLS/SCTP webrtc-datachannel", "2", ["a=sctp-port:5000"])
    second = VIDEO.replace("a=mid:1", "a=mid:3")
    assert indexes(read_offer(offer(AUDIO, VIDEO, data, second), "publish")) == [0, 1]


def test_one_kind_alone_can_be_taken() -> None:
    kinds: tuple[Kind, ...] = ("audio",)
    assert indexes(read_offer(offer(AUDIO, VIDEO), "publish", kinds=kinds)) == [0]


def test_a_bundle_only_section_counts_though_its_port_is_0() -> None:
    closed = VIDEO.replace("m=video 9", "m=video 0")
    assert indexes(read_offer(offer(AUDIO, closed), "publish")) == [0]
    assert indexes(read_offer(offer(AUDIO, closed + "a=bundle-only\r\n"), "publish")) == [0, 1]


def test_candidates_are_never_read() -> None:
    bad = "a=candidate:1 1 udp 1 2a7b.local 5000 typ host\r\na=candidate:broken\r\n"
    assert indexes(read_offer(offer(AUDIO + bad, VIDEO + bad * 31), "publish")) == [0, 1]


MALFORMED = {
    "empty": "",
    "no SDP": "hello",
    "JSON": '{"sdp": "v=0"}',
    "no m-line": HEAD,
    "null bytes": offer(VIDEO) + "\x00",
    "a lone surrogate": offer(VIDEO) + "a=x:\ud800\r\n",
    "a line separator": offer(VIDEO) + "s=\u2028a=ice-lite\r\n",
    "m-line without formats": HEAD + "m=video 9\r\n",
    "payload type of RTCP": offer(VIDEO).replace("SAVPF 96 97", "SAVPF 72"),
    "payload type too large": offer(VIDEO).replace("SAVPF 96 97", "SAVPF 999"),
    "rtpmap without a rate": offer(VIDEO).replace("VP8/90000", "VP8"),
    "rtpmap without a number": offer(VIDEO).replace("rtpmap:96", "rtpmap:x"),
    "fmtp of nothing": offer(VIDEO) + "a=fmtp:55 x=1\r\n",
    "fmtp with a word for a number": offer(VIDEO).replace("apt=96", "apt=x"),
    "attribute without a value": offer(VIDEO) + "a=extmap\r\n",
    "setup of no role": offer(VIDEO).replace("a=setup:actpass", "a=setup:maybe"),
    "fingerprint without a value": offer(VIDEO) + "a=fingerprint:sha-256\r\n",
    "fingerprint of other letters": offer(VIDEO).replace("AA:AA", "ZZ:AA"),
    "ufrag too short": offer(VIDEO).replace("a=ice-ufrag:abcd", "a=ice-ufrag:a"),
    "password too short": re.sub("a=ice-pwd:.*", "a=ice-pwd:short", offer(VIDEO)),
    "connection of no address": offer(VIDEO).replace("c=IN IP4 0.0.0.0", "c=IN IP9 x"),
    "too long": offer(VIDEO) + "a=x:" + "y" * 65536,
    "too long in bytes": offer(VIDEO) + "a=x:" + "現" * 22000,
    "too many m-lines": offer(*[VIDEO] * 9),
    "too many lines": offer(VIDEO) + "a=x\r\n" * 2000,
    "too many ssrcs": offer(VIDEO) + "".join(f"a=ssrc:{n} cname:x\r\n" for n in range(200)),
    "too many candidates": offer(VIDEO) + "a=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n" * 65,
    "too long a line": offer(VIDEO) + "a=x:" + "y" * 2048,
    "too much feedback": offer(VIDEO) + "a=rtcp-fb:* nack\r\n" * 17,
    "too much feedback for each codec": offer(
        *[
            VIDEO.replace("a=mid:1", f"a=mid:{mid}")
            + "".join(f"a=rtpmap:{n} VP8/90000\r\n" for n in range(60))
            + "a=rtcp-fb:96 nack\r\n" * 140
            for mid in "123"
        ]
    ),
    "too many codecs": offer(VIDEO) + "a=rtpmap:96 VP8/90000\r\n" * 200,
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_offer_is_400(text: str) -> None:
    with pytest.raises(GenbaError) as caught:
        read_offer(text, "publish")
    assert (caught.value.code, caught.value.status) == ("offer.malformed", 400)


UNACCEPTABLE = {
    "no codec in common": offer(VIDEO).replace("VP8", "AV1"),
    "no DTLS": offer(VIDEO).replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
    "no rtcp-mux": offer(VIDEO).replace("a=rtcp-mux\r\n", ""),
    "no ICE": re.sub("a=ice-.*\r\n", "", offer(VIDEO)),
    "no setup": offer(VIDEO).replace("a=setup:actpass\r\n", ""),
    "a weak fingerprint alone": offer(VIDEO).replace("sha-256", "sha-1"),
    "rejected by itself": offer(VIDEO).replace("m=video 9", "m=video 0"),
    "inactive": offer(VIDEO).replace("sendonly", "inactive"),
    "the other direction": offer(VIDEO).replace("sendonly", "recvonly"),
    "outside the bundle": offer(VIDEO).replace("BUNDLE 1", "BUNDLE 7"),
}


@pytest.mark.parametrize("text", UNACCEPTABLE.values(), ids=UNACCEPTABLE.keys())
def test_nothing_left_is_406(text: str) -> None:
    with pytest.raises(GenbaError) as caught:
        read_offer(text, "publish")
    assert (caught.value.code, caught.value.status) == ("offer.unacceptable", 406)


def test_every_cut_and_flip_of_an_offer_is_an_offer_or_a_genba_error() -> None:
    whole = offer(AUDIO, VIDEO)
    for at in range(0, len(whole), 7):
        for text in (
            whole[:at],
            whole[:at] + "\x7f" + whole[at + 1 :],
            whole[:at] + whole[at + 9 :],
        ):
            with contextlib.suppress(GenbaError):  # and nothing else
                read_offer(text, "publish")
