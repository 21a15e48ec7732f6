"""Every kind of Opus stream, and what is none: sound goes on."""

from __future__ import annotations

import collections
import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genba.session.camera import SoundBuffer, opus
from genba.session.camera.opus import AvDecoder, open_decoder, samples_in
from genba.session.camera.timeline import Timeline
from tests.kit.speech import carried, spoken, syllables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genba.session.camera.opus import OpusDecoder

LENGTHS = ("2.5", "5", "10", "20", "40", "60")
SECONDS = 9.0


@pytest.fixture(params=["libopus", "avcodec"])
def decoder(request: pytest.FixtureRequest) -> OpusDecoder:
    if request.param == "libopus":
        assert opus.LIBRARY is not None
        return open_decoder()
    return AvDecoder()


def garbage(count: int) -> list[bytes]:
    chance = random.Random(11)  # noqa: S311  the same each time
    return [chance.randbytes(chance.choice((0, 1, 2, 3, 40, 400))) for _ in range(count)]


def level(pcm: bytes) -> float:
    wave = np.frombuffer(pcm, "<i2").astype(float)
    return float(np.sqrt(np.mean(wave**2))) if wave.size else 0.0


def test_a_decoder_decodes_on_after_everything_that_is_no_opus(decoder: OpusDecoder) -> None:
    good = spoken(2.0)
    before = max(level(decoder.decode(packet)) for packet in good)
    for packet in (b"", b"\x00", *garbage(3000), b""):
        decoder.decode(packet)
        decoder.conceal(960)
        decoder.recover(packet, 960)
    after = [decoder.decode(packet) for packet in good]
    assert {len(pcm) for pcm in after} == {1920}
    assert max(map(level, after[20:])) == pytest.approx(before, rel=0.3)


def test_a_decoder_follows_every_change_of_mode(decoder: OpusDecoder) -> None:
    streams = [spoken(2.4, milliseconds=length) for length in LENGTHS]
    streams += [
        spoken(2.4, application="audio", vbr="off"),
        spoken(2.4, application="lowdelay", milliseconds="5"),
        spoken(2.4, channels=2, application="audio"),
        spoken(2.4, fec=True),
    ]
    modes = {packet[0] >> 3 for stream in streams for packet in stream}
    assert any(mode < 12 for mode in modes), "SILK"
    assert any(mode >= 16 for mode in modes), "CELT"
    chance = random.Random(3)  # noqa: S311  the same each time
    for _ in range(400):
        packet = chance.choice(chance.choice(streams)[20:])
        assert len(decoder.decode(packet)) == 2 * samples_in(packet)


def play(
    packets: Sequence[bytes], step: float, loss: float = 0.0
) -> tuple[SoundBuffer, list[bytes]]:
    """Play a stream; its packets' RTP times follow from what they hold."""
    buffer, timeline, blocks = SoundBuffer(), Timeline(48_000), []
    waiting = collections.deque(carried(packets, loss=loss, jitter=0.02, step=step))
    samples = round(step * 48_000)
    for tick in range(round(len(packets) * step / 0.02)):
        now = tick * 0.02
        while waiting and waiting[0][0] <= now:
            arrival, n = waiting.popleft()
            ts = (1 << 32) + n * samples
            place = timeline.place(ts, arrival, samples_in(packets[n]))
            buffer.put(ts, packets[n], arrival, place)
        blocks.append(buffer.get(now))
    return buffer, blocks


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("length", LENGTHS)
def test_packets_of_every_length_are_played_and_mended(length: str, channels: int) -> None:
    packets = spoken(SECONDS, milliseconds=length, channels=channels, application="audio")
    step = float(length) / 1000
    clean, blocks = play(packets, step)
    assert clean.stats.played >= len(packets) * 0.97
    assert clean.stats.silent * 0.02 < 0.3  # before the first packet
    assert level(b"".join(blocks)) == pytest.approx(level(syllables(SECONDS).tobytes()), rel=0.15)
    lossy, blocks = play(packets, step, loss=0.05)
    assert lossy.stats.concealed > 0
    assert lossy.stats.silent * 0.02 < 0.4
    assert {len(block) for block in blocks} == {1920}


def test_a_speaker_who_pauses_is_no_loss() -> None:
    """As libopus pauses: a packet of one byte, nothing for 400 ms, and so on (RFC 6716, 2.1.9)."""
    spoke = spoken(SECONDS)
    packets = list(spoke)
    for n in range(160, 360):
        packets[n] = spoke[n][:1] if n % 20 == 0 else b""
    buffer, blocks = play(packets, 0.02)
    stats = buffer.stats
    assert stats.concealed == 0
    assert stats.silent * 0.02 < 0.3  # before the first packet
    assert stats.paused >= 150
    assert level(b"".join(blocks[210:350])) < 300
    assert level(b"".join(blocks[375:])) > 500
    before, after = play(list(spoke), 0.02)[0].stats.delay, stats.delay
    assert after <= before + 0.01
