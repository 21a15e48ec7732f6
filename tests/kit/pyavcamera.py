"""A camera made of PyAV's WHIP muxer: ``python -m tests.kit.pyavcamera URL CERTIFICATE KEY``.

A program of its own, because the muxer holds the interpreter while it waits for the answer.
"""

from __future__ import annotations

import fractions
import sys
import time

import av
import numpy as np

from tests.kit.rtc import VIDEO_CLOCK, picture


def publish(url: str, certificate: str, key: str) -> None:
    """Send picture and stereo sound for ten seconds."""
    options = {"authorization": "token", "cert_file": certificate, "key_file": key}
    with av.open(url, "w", format="whip", options=options) as output:
        video = output.add_stream("libx264", rate=15)
        video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        sound = output.add_stream("libopus", rate=48_000)
        sound.layout = "stereo"
        for number in range(150):
            frame = picture(number)
            frame.pts, frame.time_base = number * 6000, VIDEO_CLOCK
            output.mux(video.encode(frame))
            samples = np.zeros((1, 6400), np.int16)
            block = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
            block.sample_rate, block.pts = 48_000, number * 3200
            block.time_base = fractions.Fraction(1, 48_000)
            output.mux(sound.encode(block))
            time.sleep(1 / 15)  # a camera's pace, in a program of its own


if __name__ == "__main__":
    publish(*sys.argv[1:4])
