"""A camera made of PyAV's WHIP muxer: ``python -m tests.kit.pyavcamera URL TICKET [CERT KEY]``.

A program of its own, because the muxer holds the interpreter while it waits for the answer. It
sends until SIGTERM. Without a certificate the muxer makes one itself, on secp224r1.
"""

from __future__ import annotations

import fractions
import json
import signal
import sys
import time

import av
import numpy as np

from tests.kit.rtc import VIDEO_CLOCK, picture

WIDTH, HEIGHT, FPS = 640, 360, 15
BLOCK = 48_000 // FPS


def publish(url: str, ticket: str, certificate: str = "", key: str = "") -> None:
    """Send picture and stereo sound."""
    options = {"authorization": ticket}
    if certificate:
        options |= {"cert_file": certificate, "key_file": key}
    over = False

    def stop(*_: object) -> None:
        nonlocal over
        over = True

    signal.signal(signal.SIGTERM, stop)
    with av.open(url, "w", format="whip", options=options) as output:
        video = output.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline"}
        video.codec_context.gop_size = 2 * FPS
        sound = output.add_stream("libopus", rate=48_000)
        sound.layout = "stereo"
        start, number = time.monotonic(), 0
        while not over:
            frame = picture(number, WIDTH, HEIGHT)
            frame.pts, frame.time_base = number * 90_000 // FPS, VIDEO_CLOCK
            output.mux(video.encode(frame))
            samples = np.zeros((1, 2 * BLOCK), np.int16)
            block = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
            block.sample_rate, block.pts = 48_000, number * BLOCK
            block.time_base = fractions.Fraction(1, 48_000)
            output.mux(sound.encode(block))
            number += 1
            time.sleep(max(0.0, start + number / FPS - time.monotonic()))  # a camera's pace


if __name__ == "__main__":
    try:
        publish(*sys.argv[1:])
    except av.error.FFmpegError as error:
        print(json.dumps({"refused": str(error)}), flush=True)  # noqa: T201  the test reads it
        sys.exit(1)
