"""Opus for speech over lossy networks."""

from __future__ import annotations

from fractions import Fraction

from av import AudioFrame, CodecContext

RATE = 48_000
SAMPLES = 960  # 20 ms
BITS = 32_000  # a second
TIME_BASE = Fraction(1, RATE)


class OpusEncoder:
    """20 ms of 16-bit mono at 48 kHz in, one packet out; used on one thread at a time.

    Each packet carries the one before it in a coarse form (in-band FEC), for 5 % of loss.
    """

    def __init__(self) -> None:
        """Open the codec."""
        codec = CodecContext.create("libopus", "w")
        codec.sample_rate, codec.layout, codec.format = RATE, "mono", "s16"
        codec.bit_rate, codec.time_base = BITS, TIME_BASE
        codec.options = {
            "application": "voip",
            "frame_duration": "20",
            "fec": "1",
            "packet_loss": "5",
        }
        codec.open()
        self._codec = codec
        self._done = 0

    def encode(self, pcm: bytes) -> list[bytes]:
        """Return what is ready: one packet, unless the codec holds it back."""
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(pcm)
        frame.sample_rate, frame.time_base, frame.pts = RATE, TIME_BASE, self._done
        self._done += SAMPLES
        return [bytes(packet) for packet in self._codec.encode(frame)]
