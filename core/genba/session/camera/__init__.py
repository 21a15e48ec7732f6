"""A terminal's WebRTC link becomes pictures, sound and encoded units."""

from genba.session.camera.link import CameraLink
from genba.session.camera.opus import check_opus
from genba.session.camera.slot import FrameSlot
from genba.session.camera.sound import SoundBuffer, SoundStats
from genba.session.camera.stats import LinkStats
from genba.session.camera.unit import AccessUnit

__all__ = [
    "AccessUnit",
    "CameraLink",
    "FrameSlot",
    "LinkStats",
    "SoundBuffer",
    "SoundStats",
    "check_opus",
]
