"""Checks of what is installed. All of them may block: call them in a thread."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genba.api import Finding
    from genba.doctor.say import Say

OLDEST = (3, 11)
CODECS = (
    ("libx264", "w"),
    ("libvpx", "w"),
    ("libopus", "w"),
    ("aac", "w"),
    ("h264", "r"),
    ("vp8", "r"),
    ("mjpeg", "w"),
)


def python(say: Say) -> Finding:
    """Compare Python's version."""
    known = platform.python_version()
    if sys.version_info[:2] < OLDEST:
        return say.bad("python.old", version=known)
    return say.good("python.good", version=known)


def codecs(say: Say) -> Finding:
    """Name the codecs that PyAV has not got."""
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    missing = []
    for name, mode in CODECS:
        try:
            Codec(name, "w" if mode == "w" else "r")
        except UnknownCodecError:
            missing.append(name)
    if missing:
        return say.bad("codecs.missing", names=", ".join(missing))
    return say.good("codecs.good", names=", ".join(name for name, _ in CODECS))


def opus(say: Say) -> Finding:
    """Say whether lost sound can be concealed."""
    from genba.session.camera.opus import check_opus

    faults = check_opus()
    return say.warn("opus.missing", fault="; ".join(faults)) if faults else say.good("opus.good")


def libyuv(say: Say) -> Finding:
    """Say whether pictures are scaled the cheap way."""
    from genba.session.compositor.libyuv import LibYuv

    try:
        LibYuv()
    except (OSError, AttributeError):
        return say.warn("libyuv.missing")
    return say.good("libyuv.good")


def font(say: Say) -> Finding:
    """Say whether Japanese can be drawn into the picture."""
    from genba.session.compositor.fonts import japanese

    face = japanese()
    if face is None:
        return say.warn("font.missing")
    return say.good("font.good", file=Path(face[0]).name)


def webrtc(say: Say) -> Finding:
    """Say whether aiortc is as the session process needs it; it refuses to start otherwise."""
    from genba.session.private import check_private

    facts = {"aiortc": version("aiortc"), "aioice": version("aioice")}
    faults = check_private()
    if faults:
        return say.bad("webrtc.changed", faults="; ".join(faults), **facts)
    return say.good("webrtc.good", **facts)
