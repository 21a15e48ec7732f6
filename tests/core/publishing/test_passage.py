"""One camera's pictures on their way out: when each is said to have been taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from genba.session.camera.unit import AccessUnit
from genba.session.peer.codec import choose
from genba.session.publishing.passage import Passage

if TYPE_CHECKING:
    from genba.api import Packet


class Sink:
    def __init__(self) -> None:
        self.packets: list[Packet] = []

    def push(self, packet: Packet) -> None:
        self.packets.append(packet)

    @property
    def times(self) -> list[float]:
        return [round(packet.time, 4) for packet in self.packets]


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def passage(sink: Sink) -> Passage:
    passage = Passage("h264", lambda: None)
    passage.fanout.add(sink)
    return passage


def unit(ts: int, time: float, *, key: bool = False) -> AccessUnit:
    return AccessUnit(b"\0\0\0\1e", ts, time, key=key, arrival=time, damaged=False, codec="h264")


def test_pictures_lie_apart_as_the_cameras_clock_says(passage: Passage, sink: Sink) -> None:
    # What is learned of the way squeezes the first moments: two of them are the same.
    for ts, time in [(9000, 5.0), (12_000, 5.0), (15_000, 5.01), (18_000, 5.1)]:
        passage.unit(unit(ts, time, key=ts == 9000), "one link")
    assert sink.times == [5.0, 5.0333, 5.0667, 5.1]
    assert [packet.key for packet in sink.packets] == [True, False, False, False]
    assert sink.packets[1].duration == pytest.approx(1 / 30)


def test_another_link_goes_on_from_now_and_never_back(passage: Passage, sink: Sink) -> None:
    passage.unit(unit(9000, 5.0), "one link")
    passage.unit(unit(12_000, 5.03), "one link")
    passage.unit(unit(7, 8.0), "the next link")
    passage.unit(unit(3007, 8.04), "the next link")
    assert sink.times == [5.0, 5.0333, 8.0, 8.0333]
    passage.unit(unit(0, 7.0), "one more, whose pictures seem older")
    assert sink.times[-1] == 8.0343


def test_a_clock_that_ran_away_is_placed_anew(passage: Passage, sink: Sink) -> None:
    passage.unit(unit(0, 5.0), "link")
    passage.unit(unit(300_000, 5.5), "link")
    assert sink.times == [5.0, 5.5]


def h264(profile: str, number: int) -> RTCRtpCodecParameters:
    return RTCRtpCodecParameters(
        "video/H264",
        90_000,
        payloadType=number,
        parameters={"packetization-mode": "1", "profile-level-id": profile},
    )


@pytest.mark.parametrize(
    ("offered", "sent", "taken"),
    [
        (["42e01f", "64001f"], "42e01f", 100),
        (["42e01f", "64001f"], "640c1f", 101),
        (["42e01f", "4d001f"], "640c1f", None),
        (["4d001f"], "42e01f", 100),
    ],
)
def test_a_viewer_has_to_know_the_cameras_profile(
    offered: list[str], sent: str, taken: int | None
) -> None:
    codecs = [h264(profile, 100 + n) for n, profile in enumerate(offered)]
    vp8 = RTCRtpCodecParameters("video/VP8", 90_000, payloadType=96)
    found = choose("video", [vp8, *codecs], above_720=True, vp8_first=False, only=("h264", sent))
    assert (found.codec.payloadType if found is not None else None) == taken
