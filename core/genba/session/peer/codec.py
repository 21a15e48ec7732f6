"""Which of the codecs of an m-line is taken."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiortc.rtcrtpparameters import RTCRtpCodecParameters

_PROFILE = re.compile(r"[0-9a-f]{6}")
_CONSTRAINED = 0x40  # constraint_set1_flag: what baseline and constrained baseline share
_H264_RANK = {"42": 1, "4d": 2, "64": 3}
_VP8_RANK = 5
_OPUS_RATE = 48_000


@dataclass(frozen=True, slots=True)
class Choice:
    """A codec of the offer, its retransmission format, and the fmtp line of the answer."""

    codec: RTCRtpCodecParameters
    rtx: RTCRtpCodecParameters | None
    format: str


def choose(
    kind: str,
    codecs: Sequence[RTCRtpCodecParameters],
    *,
    above_720: bool,
    vp8_first: bool,
    only: tuple[str, str] | None = None,
) -> Choice | None:
    """Take H.264 in packetization mode 1 (constrained baseline first), then VP8; of sound, Opus.

    ``above_720`` answers level 4.0 in the place of 3.1; ``only`` takes of pictures this codec
    alone (in small letters), of H.264 no lesser profile than that of this profile-level-id; None:
    nothing in common.
    """
    ranked = [
        (rank, index)
        for index, codec in enumerate(codecs)
        if (rank := _rank(kind, codec, vp8_first=vp8_first)) is not None
        and (only is None or _can_show(codec, *only))
    ]
    if not ranked:
        return None
    codec = codecs[min(ranked)[1]]
    rtx = next(
        (
            other
            for other in codecs
            if other.name.lower() == "rtx" and other.parameters.get("apt") == codec.payloadType
        ),
        None,
    )
    return Choice(codec, rtx if kind == "video" else None, _format(codec, above_720=above_720))


def _rank(kind: str, codec: RTCRtpCodecParameters, *, vp8_first: bool) -> int | None:
    """Smaller is better; None: not usable."""
    name = codec.name.upper()
    if codec.payloadType is None or not 0 <= codec.payloadType < 128:  # noqa: PLR2004  seven bits
        return None
    if kind == "audio":
        return 0 if name == "OPUS" and codec.clockRate == _OPUS_RATE else None
    if name == "VP8":
        return -1 if vp8_first else _VP8_RANK
    return _h264_rank(codec) if name == "H264" else None


def _can_show(codec: RTCRtpCodecParameters, name: str, profile: str) -> bool:
    """Say whether who offers this can show what was coded so."""
    if codec.name.lower() != name:
        return False
    known = _H264_RANK.get((_profile(codec) or "")[:2], 0)
    return name != "h264" or known >= _H264_RANK.get(profile[:2], 1)


def _h264_rank(codec: RTCRtpCodecParameters) -> int | None:
    profile = _profile(codec)
    if profile is None or str(codec.parameters.get("packetization-mode", 0)) != "1":
        return None
    if profile.startswith("42e0"):
        return 0
    rank = _H264_RANK.get(profile[:2])
    if rank == 1 and not int(profile[2:4], 16) & _CONSTRAINED:
        return _VP8_RANK - 1  # plain baseline: FMO and ASO, which no decoder here knows
    return rank


def _profile(codec: RTCRtpCodecParameters) -> str | None:
    """Return profile-level-id; where it is absent RFC 6184 says baseline, 1.0."""
    text = str(codec.parameters.get("profile-level-id", "42000a")).lower()
    return text if _PROFILE.fullmatch(text) else None


def _format(codec: RTCRtpCodecParameters, *, above_720: bool) -> str:
    name = codec.name.upper()
    if name == "OPUS":
        return "minptime=10;useinbandfec=1;stereo=0"
    if name != "H264":
        return ""
    profile = (_profile(codec) or "42e01f")[:4]
    level = "28" if above_720 else "1f"
    return f"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}{level}"
