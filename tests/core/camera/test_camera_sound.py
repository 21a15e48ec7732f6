"""The sound buffer on a simulated network."""

from __future__ import annotations

import fractions
import random
import threading
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from genba.session.camera import SoundBuffer, check_opus, opus
from genba.session.camera.opus import AvDecoder, samples_in
from genba.session.camera.sound import HELD
from genba.session.camera.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

QUIET = bytes(1920)


def encode(blocks: int, *, channels: int = 1, fec: bool = False, hertz: float = 440) -> list[bytes]:
    """Encode a sine in packets of 20 ms."""
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    layout = "mono" if channels == 1 else "stereo"
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = 48_000, layout, "s16", 32_000
    codec.options = {"application": "voip"}
    if fec:
        codec.bit_rate = 20_000  # at which libopus does put it in
        codec.options |= {"fec": "1", "packet_loss": "20"}
    packets = []
    for number in range(blocks):
        at = (np.arange(960) + number * 960) / 48_000
        wave = (8000 * np.sin(2 * np.pi * hertz * at)).astype(np.int16)
        samples = np.repeat(wave, channels).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
        frame.sample_rate, frame.pts = 48_000, number * 960
        frame.time_base = fractions.Fraction(1, 48_000)
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets


def play(
    packets: Sequence[bytes],
    *,
    lost: Callable[[int], bool] = lambda _: False,
    delay: Callable[[int], float] = lambda _: 0.02,
    first: int = 5_000,
    pace: float = 1.0,
) -> tuple[SoundBuffer, list[bytes]]:
    """Send and take every 20 ms of simulated time; ``pace`` is how fast the sender's clock runs."""
    buffer, timeline = SoundBuffer(), Timeline(48_000)
    sent = sorted(
        (number * 0.02 / pace + delay(number), number)
        for number in range(len(packets))
        if not lost(number)
    )
    blocks = []
    for tick in range(len(packets)):
        now = tick * 0.02
        while sent and sent[0][0] <= now:
            arrival, number = sent.pop(0)
            ts = (1 << 32) + first + number * 960
            buffer.put(ts, packets[number], arrival, timeline.place(ts, arrival, 960))
        blocks.append(buffer.get(now))
    return buffer, blocks


def loud(blocks: Sequence[bytes]) -> int:
    return sum(np.abs(np.frombuffer(block, "<i2")).max() > 1000 for block in blocks)


def test_libopus_is_found() -> None:
    assert check_opus() == []
    assert SoundBuffer().conceals


@pytest.mark.parametrize("first", [0, (1 << 32) - 30 * 960])
def test_without_loss_everything_is_played_once(first: int) -> None:
    buffer, blocks = play(encode(150), first=first)
    stats = buffer.stats
    assert {len(block) for block in blocks} == {1920}
    assert (stats.concealed, stats.recovered, stats.late, stats.dropped) == (0, 0, 0, 0)
    assert loud(blocks) >= 140


def test_stereo_becomes_mono() -> None:
    _, blocks = play(encode(60, channels=2))
    wave = np.frombuffer(b"".join(blocks[20:]), "<i2")
    assert np.abs(wave).max() == pytest.approx(8000, rel=0.2)
    spectrum = np.abs(np.fft.rfft(wave[:9600]))
    assert np.argmax(spectrum) == pytest.approx(88, abs=2)  # 440 Hz in steps of 5: not twice that


@pytest.mark.parametrize("fec", [False, True])
def test_gaps_are_filled(fec: bool) -> None:  # noqa: FBT001  parametrised
    chance = random.Random(3)  # noqa: S311  a network
    gone = {n for n in range(30, 300) if chance.random() < 0.05}
    buffer, blocks = play(encode(300, fec=fec, hertz=220), lost=gone.__contains__)
    stats = buffer.stats
    assert len(gone) >= 8
    assert stats.concealed + stats.recovered >= len(gone) - 1
    assert (stats.recovered > 0) == fec
    assert stats.silent <= 5  # before the first packet
    assert loud(blocks) >= 290


def test_packets_out_of_order_within_the_delay_are_no_loss() -> None:
    buffer, blocks = play(encode(200), delay=lambda n: 0.02 + 0.03 * (n % 3 == 0))
    assert buffer.stats.concealed <= 2
    assert loud(blocks) >= 190


def test_the_delay_follows_the_jitter_up_and_down() -> None:
    calm, _ = play(encode(300))
    chance = random.Random(5)  # noqa: S311  a network
    rough, _ = play(encode(300), delay=lambda _: 0.02 + 0.12 * chance.random())
    assert calm.stats.delay < 0.075  # of which 20 ms are the packet's own
    assert 0.100 < rough.stats.delay < 0.250


def test_a_pause_is_silence_and_ends() -> None:
    packets = encode(300)
    buffer, blocks = play(packets, lost=lambda n: 100 <= n < 200)
    assert loud(blocks[120:195]) == 0
    assert loud(blocks[215:]) >= 80
    assert buffer.stats.silent >= 40  # counted until the buffer gives up waiting


@pytest.mark.parametrize("pace", [1.0005, 0.9995])
def test_another_clock_rate_is_met_by_stretching(pace: float) -> None:
    packets = encode(100) * 60  # two minutes; 500 ppm are 60 ms
    buffer, blocks = play(packets, pace=pace)
    stats = buffer.stats
    assert stats.stretched > 0
    assert stats.concealed + stats.late + stats.dropped <= 3
    assert loud(blocks) >= len(packets) - 10


def test_a_burst_at_the_beginning_does_not_become_delay() -> None:
    buffer, _ = play(encode(300), delay=lambda n: max(0.02, 0.8 - n * 0.02))
    assert buffer.stats.dropped >= 20
    assert buffer._last is not None
    assert buffer._play is not None
    assert (buffer._last - buffer._play) / 48_000 < 0.150


def test_what_is_no_opus_is_ignored() -> None:
    buffer = SoundBuffer()
    for data in (b"", b"\x03", b"\xff\x3f" + bytes(10)):
        buffer.put(0, data, 0.0, 0.0)
    assert buffer.get(0.0) == QUIET
    assert buffer.stats.received == 0
    for number in range(20):
        at = number * 0.02
        buffer.put(number * 960, b"\x78" + random.Random(1).randbytes(40), at, at)  # noqa: S311
        assert len(buffer.get(at)) == 1920


def test_the_queue_is_bounded() -> None:
    buffer = SoundBuffer()
    packet = encode(1)[0]
    for number in range(400):
        buffer.put(number * 960, packet, 1.0, number * 0.02)
    assert len(buffer._packets) == HELD


def test_durations_are_read_from_the_packet() -> None:
    assert samples_in(encode(1)[0]) == 960
    assert samples_in(bytes([3 << 3])) == 2880  # 60 ms
    assert samples_in(bytes([3 << 3 | 3, 3])) == 0  # 180 ms: longer than any packet


def test_putting_and_getting_from_two_threads() -> None:
    buffer = SoundBuffer()
    packets = encode(50)
    done = threading.Event()

    def take() -> None:
        at = 0.0
        while not done.is_set():
            at += 0.02
            assert len(buffer.get(at)) == 1920

    taker = threading.Thread(target=take)
    taker.start()
    for number in range(2000):
        buffer.put(number * 960, packets[number % 50], number * 0.02, number * 0.02)
    done.set()
    taker.join(10)
    assert not taker.is_alive()
    assert buffer.stats.received == 2000


def test_without_libopus_it_says_so_and_still_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opus, "LIBRARY", None)
    assert "libopus is not found" in check_opus()[0]
    buffer, blocks = play(encode(100, channels=2), lost=lambda n: n == 50)
    assert not buffer.conceals
    assert loud(blocks) >= 85
    decoder = AvDecoder()
    assert decoder.decode(b"") == b""
    assert decoder.decode(b"\xff\x3f\x02") == b""
    assert len(decoder.decode(encode(1)[0])) > 0
