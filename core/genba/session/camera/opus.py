"""Opus decoders: libopus itself, which can conceal; PyAV's where it cannot be found.

avcodec never asks libopus to conceal or to use in-band FEC. The PyAV wheel ships libopus as a
shared library of its own; a second handle on it costs nothing to install.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
import weakref
from pathlib import Path
from typing import Protocol

import av
import numpy as np

log = logging.getLogger(__name__)

RATE = 48_000
LONGEST = 5760  # samples: 120 ms, the longest packet
STEP = 120  # samples: 2.5 ms, the step that concealment works in
LOOKAHEAD = 312 / RATE  # seconds: what libopus decodes was captured so much before its RTP time
_FRAMES = (  # samples of one frame by the TOC's configuration (RFC 6716, section 3.1)
    *(480, 960, 1920, 2880) * 3,
    *(480, 960) * 2,
    *(120, 240, 480, 960) * 4,
)


def _load() -> ctypes.CDLL | None:
    """Load libopus: the wheel's first (it is in memory already), then the system's."""
    folder = Path(av.__file__).parent
    beside = [*folder.parent.glob("av.libs/libopus-*"), *folder.glob(".dylibs/libopus*")]
    system = ctypes.util.find_library("opus") if not beside else None
    for name in [*(str(path) for path in beside), *([system] if system else [])]:
        try:
            found = ctypes.CDLL(name)
            _declare(found)
        except (OSError, AttributeError) as error:
            log.info("%s is not usable: %s", name, error)
            continue
        return found
    return None


def _declare(found: ctypes.CDLL) -> None:
    pointer, integer, number = ctypes.c_void_p, ctypes.c_int, ctypes.c_int32
    found.opus_decoder_create.restype = pointer
    found.opus_decoder_create.argtypes = [number, integer, pointer]
    found.opus_decoder_destroy.restype = None
    found.opus_decoder_destroy.argtypes = [pointer]
    found.opus_decode.restype = integer
    found.opus_decode.argtypes = [pointer, ctypes.c_char_p, number, pointer, integer, integer]
    found.opus_packet_has_lbrr.restype = integer
    found.opus_packet_has_lbrr.argtypes = [ctypes.c_char_p, number]


# At import, for it looks at files: no call does.
LIBRARY = _load()


class OpusDecoder(Protocol):
    """Turns packets into int16 mono at 48 kHz; one stream, one thread at a time."""

    conceals: bool

    def decode(self, packet: bytes) -> bytes:
        """Return the packet's samples; empty where it is garbled."""
        ...

    def conceal(self, samples: int) -> bytes:
        """Return what may have been where a packet is missing."""
        ...

    def recover(self, following: bytes, samples: int) -> bytes:
        """Return the lost packet's samples from the one after it; empty where it has none."""
        ...


def samples_in(packet: bytes) -> int:
    """Return how many samples at 48 kHz a packet holds; 0 where it is garbled."""
    if not packet:
        return 0
    toc = packet[0]
    code = toc & 3
    if code == 3 and len(packet) < 2:  # noqa: PLR2004
        return 0
    count = packet[1] & 63 if code == 3 else (1, 2, 2)[code]  # noqa: PLR2004
    samples = _FRAMES[toc >> 3] * count
    return samples if samples <= LONGEST else 0


def check_opus() -> list[str]:
    """Return in words what is missing for concealment; empty: nothing."""
    if LIBRARY is not None:
        return []
    return ["libopus is not found: lost sound becomes silence instead of being concealed"]


def open_decoder() -> OpusDecoder:
    """Return the best decoder there is."""
    return AvDecoder() if LIBRARY is None else LibOpusDecoder(LIBRARY)


class LibOpusDecoder:
    """libopus by ctypes; stereo comes out as mono."""

    conceals = True

    def __init__(self, found: ctypes.CDLL) -> None:
        """Open a decoder; it is freed with this object."""
        error = ctypes.c_int()
        self._library = found
        self._state = found.opus_decoder_create(RATE, 1, ctypes.byref(error))
        if not self._state or error.value:
            raise RuntimeError(f"libopus does not open a decoder: {error.value}")
        weakref.finalize(self, found.opus_decoder_destroy, self._state)
        self._out = ctypes.create_string_buffer(LONGEST * 2)

    def decode(self, packet: bytes) -> bytes:
        """Decode one packet."""
        return self._run(packet, LONGEST, 0)

    def conceal(self, samples: int) -> bytes:
        """Conceal; libopus works in steps of 2.5 ms."""
        return self._run(None, min(LONGEST, max(STEP, samples // STEP * STEP)), 0)

    def recover(self, following: bytes, samples: int) -> bytes:
        """Use the in-band FEC of the packet after the gap."""
        if self._library.opus_packet_has_lbrr(following, len(following)) != 1:
            return b""
        return self._run(following, min(LONGEST, max(STEP, samples // STEP * STEP)), 1)

    def _run(self, packet: bytes | None, samples: int, fec: int) -> bytes:
        size = len(packet) if packet else 0
        count = self._library.opus_decode(self._state, packet, size, self._out, samples, fec)
        return self._out.raw[: count * 2] if count > 0 else b""


class AvDecoder:
    """FFmpeg's decoder: what is lost becomes silence."""

    conceals = False

    def __init__(self) -> None:
        """Open a decoder."""
        context = av.CodecContext.create("opus", "r")
        if not isinstance(context, av.AudioCodecContext):
            raise TypeError("opus is no audio codec")
        context.sample_rate = RATE
        context.layout = "stereo"
        self._context = context

    def decode(self, packet: bytes) -> bytes:
        """Decode one packet; an empty one would end FFmpeg's decoder for good."""
        samples = samples_in(packet)
        if not samples:
            return b""
        try:
            frames = self._context.decode(av.Packet(packet))
        except av.FFmpegError:
            return b""
        parts = []
        for frame in frames:
            wave = frame.to_ndarray()
            wave = wave.reshape(-1, 2).mean(axis=1) if wave.shape[0] == 1 else wave.mean(axis=0)
            scale = 1 if wave.dtype.kind == "i" or frame.format.name.startswith("s16") else 32767
            parts.append(np.clip(wave * scale, -32768, 32767).astype("<i2").tobytes())
        return b"".join(parts)

    def conceal(self, samples: int) -> bytes:
        """Be silent."""
        return bytes(samples * 2)

    def recover(self, following: bytes, samples: int) -> bytes:  # noqa: ARG002  the protocol's
        """Have nothing to recover from."""
        return b""
