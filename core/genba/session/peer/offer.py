"""From the text of an offer to what is taken of it: one video and one audio m-line at most."""

from __future__ import annotations

import collections
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from aiortc import sdp
from aiortc.rtcdtlstransport import X509_DIGEST_ALGORITHMS, RTCDtlsParameters

from genba.errors import GenbaError
from genba.session.peer.codec import choose

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpHeaderExtensionParameters

    from genba.session.peer.codec import Choice

Kind = Literal["audio", "video"]
Role = Literal["publish", "view"]

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
EXTENSIONS = {
    "publish": (MID, ABS_SEND_TIME, TRANSPORT_CC),
    "view": (MID, ABS_SEND_TIME, TRANSPORT_CC, PLAYOUT_DELAY),
}

# Held against the text before the parser sees it: its work grows with the square of some of them.
# A browser's largest offers (three m-lines, every codec) have half as much.
MAX_BYTES = 64 * 1024
MAX_SECTIONS = 8
MAX_CANDIDATES = 64
MAX_LINES = 1500
MAX_LINE = 2048  # characters
MAX_OF_A_KIND = {  # in one m-line
    "rtpmap": 72,
    "fmtp": 72,
    "ssrc": 72,
    "rtcp-fb": 200,
    "rtcp-fb:*": 16,  # each counts for every codec
    "extmap": 48,
    "fingerprint": 8,
}
MAX_IN_ALL = {
    "candidate": MAX_CANDIDATES,
    "rtpmap": 256,
    "fmtp": 256,
    "ssrc": 144,
    "rtcp-fb": 450,
    "rtcp-fb:*": 48,
    "extmap": 160,
    "fingerprint": 16,
}
MAX_MATCHES = 10_000  # of feedback lines with codecs: each is held against each of its m-line
_IGNORED = ("candidate", "end-of-candidates", "remote-candidates", "ssrc-group", "rtcp")

_UFRAG = re.compile(r"[\x21-\x7e]{4,256}")  # some clients use more than ice-char
_PASSWORD = re.compile(r"[\x21-\x7e]{22,256}")
_MID = re.compile(r"[\w.~+/-]{0,32}", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){19,63}")
_PRINTABLE = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*")


@dataclass(frozen=True, slots=True)
class Pick:
    """What was negotiated for one m-line.

    ``codec`` and ``rtx`` are as offered; ``format`` is our fmtp line of the answer;
    ``extensions`` maps the URI of a header extension that both know to its id (1 to 14).
    """

    kind: Kind
    mid: str
    codec: RTCRtpCodecParameters
    rtx: RTCRtpCodecParameters | None
    format: str
    extensions: dict[str, int]
    ssrcs: tuple[int, ...]
    index: int

    @property
    def name(self) -> str:
        """The codec in small letters: ``h264``, ``vp8`` or ``opus``."""
        return self.codec.name.lower()

    @property
    def payload_type(self) -> int:
        """The codec's payload type."""
        return self.codec.payloadType or 0


@dataclass(frozen=True, slots=True)
class Offer:
    """A usable offer. ``picks`` has one entry for each m-line; None: refused with port 0."""

    media: Sequence[sdp.MediaDescription]
    picks: Sequence[Pick | None]
    ufrag: str
    password: str
    dtls: RTCDtlsParameters
    bundled: bool

    @property
    def taken(self) -> list[Pick]:
        """The m-lines that are not refused."""
        return [pick for pick in self.picks if pick is not None]


def read_offer(
    text: str,
    role: Role,
    *,
    kinds: Collection[Kind] = ("audio", "video"),
    above_720: bool = False,
    vp8_first: bool = False,
    only: tuple[str, str] | None = None,
) -> Offer:
    """Take of an offer what can be used; ``only`` as in ``choose``.

    Raises ``offer.malformed``, or ``offer.unacceptable`` when no m-line is left. Remote candidates
    are not even read: a peer's authenticated check shows where it is.
    """
    text, bundle_only = _admit(text)
    try:
        description = sdp.SessionDescription.parse(text)
    except Exception as error:  # noqa: BLE001  the parser's faults have seven types
        raise GenbaError(
            "offer.malformed", f"The SDP breaks at a {type(error).__name__}."
        ) from None
    media = description.media
    bundle = next((group.items for group in description.group if group.semantic == "BUNDLE"), None)
    together = [media[0].rtp.muxId] if bundle is None else [str(item) for item in bundle]
    head = next((m for m in media if m.rtp.muxId in together and _secured(m)), None)
    if head is None or head.dtls is None:
        raise GenbaError("offer.unacceptable", "No m-line offers ICE and DTLS.")
    ufrag, password = _credentials(head)
    directions = ("sendonly" if role == "publish" else "recvonly", "sendrecv", None)
    picks: list[Pick | None] = []
    free = set(kinds)
    for index, m in enumerate(media):
        usable = (
            m.kind in free
            and (m.port or index in bundle_only)
            and m.direction in directions
            and m.rtcp_mux
            and m.profile in ("UDP/TLS/RTP/SAVPF", "RTP/SAVPF")
            and m.rtp.muxId in together
            and _MID.fullmatch(m.rtp.muxId)
        )
        chosen = (
            choose(m.kind, m.rtp.codecs, above_720=above_720, vp8_first=vp8_first, only=only)
            if usable
            else None
        )
        pick = _pick(m, index, role, chosen) if chosen is not None else None
        if pick is not None:
            free.discard(pick.kind)
        picks.append(pick)
    if not any(picks):
        raise GenbaError("offer.unacceptable")
    return Offer(
        media=media,
        picks=picks,
        ufrag=ufrag,
        password=password,
        dtls=head.dtls,
        bundled=bundle is not None,
    )


def _admit(text: str) -> tuple[str, set[int]]:
    """Hold the limits; return the text without candidates, and which sections are bundle-only.

    Counting comes before splitting, so that a refusal is cheaper than the offer was to send.
    """
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise GenbaError("offer.malformed", "The offer is longer than 64 KiB.")
    if text.count("\n") > MAX_LINES or text.count("\r") > MAX_LINES:
        raise GenbaError("offer.malformed", f"An offer has at most {MAX_LINES} lines.")
    if not text.startswith("v=0") or not _PRINTABLE.fullmatch(text):
        raise GenbaError("offer.malformed", "This is not SDP.")
    lines = text.splitlines()
    sections = sum(line.startswith("m=") for line in lines)
    if not 1 <= sections <= MAX_SECTIONS:
        raise GenbaError("offer.malformed", f"An offer has 1 to {MAX_SECTIONS} m-lines.")
    counts = _Counts()
    kept: list[str] = []
    bundle_only: set[int] = set()
    section = -1
    for line in lines:
        if len(line) > MAX_LINE:
            raise GenbaError("offer.malformed", f"A line has at most {MAX_LINE} characters.")
        if line.startswith("m="):
            section += 1
            counts.next_section()
        name, _, value = line[2:].partition(":") if line.startswith("a=") else ("", "", "")
        if name == "bundle-only":
            bundle_only.add(section)
        counts.take(name, value)
        if name not in _IGNORED:
            kept.append(line)
    counts.next_section()
    return "\r\n".join(kept) + "\r\n", bundle_only


class _Counts:
    """What an offer has so far; raises ``offer.malformed`` for too much."""

    def __init__(self) -> None:
        self._here: collections.Counter[str] = collections.Counter()
        self._in_all: collections.Counter[str] = collections.Counter()
        self._matches = 0

    def next_section(self) -> None:
        self._matches += self._here["rtcp-fb"] * self._here["rtpmap"]
        if self._matches > MAX_MATCHES:
            raise GenbaError("offer.malformed", "An offer has too many a=rtcp-fb lines.")
        self._here.clear()

    def take(self, name: str, value: str) -> None:
        if name not in MAX_IN_ALL:
            return
        self._here[name] += 1
        self._in_all[name] += 1
        if self._in_all[name] > MAX_IN_ALL[name]:
            most = f"{MAX_IN_ALL[name]} a={name}"
            raise GenbaError("offer.malformed", f"An offer has at most {most} lines.")
        if self._here[name] > MAX_OF_A_KIND.get(name, MAX_LINES):
            raise GenbaError("offer.malformed", f"An m-line has too many a={name} lines.")
        if name == "rtcp-fb" and value.startswith("*"):
            self.take("rtcp-fb:*", "")


def _credentials(m: sdp.MediaDescription) -> tuple[str, str]:
    if m.ice is None:
        return "", ""
    return m.ice.usernameFragment or "", m.ice.password or ""


def _secured(m: sdp.MediaDescription) -> bool:
    """Tell whether an m-line carries what ICE and DTLS need; raise where it is garbled."""
    ufrag, password = _credentials(m)
    if m.dtls is None or not ufrag or not password:
        return False
    if not _UFRAG.fullmatch(ufrag) or not _PASSWORD.fullmatch(password):
        raise GenbaError("offer.malformed", "The ICE credentials are not usable.")
    known = [f for f in m.dtls.fingerprints if f.algorithm.lower() in X509_DIGEST_ALGORITHMS]
    if any(not _FINGERPRINT.fullmatch(f.value) for f in known):
        raise GenbaError("offer.malformed", "A fingerprint is not hexadecimal.")
    return bool(known)


def _pick(m: sdp.MediaDescription, index: int, role: Role, chosen: Choice) -> Pick:
    return Pick(
        kind="video" if m.kind == "video" else "audio",
        mid=m.rtp.muxId,
        codec=chosen.codec,
        rtx=chosen.rtx,
        format=chosen.format,
        extensions=_extensions(m.rtp.headerExtensions, role, chosen.codec),
        ssrcs=tuple(s.ssrc for s in m.ssrc[:4] if 0 < s.ssrc < 1 << 32),
        index=index,
    )


def _extensions(
    offered: Sequence[RTCRtpHeaderExtensionParameters], role: Role, codec: RTCRtpCodecParameters
) -> dict[str, int]:
    """Keep what fits a one-byte header, each id once.

    We number what we send only for a peer that would tell us of it, and pictures only: it is their
    rate that can follow, and beside them sound is next to nothing.
    """
    found: dict[str, int] = {}
    for extension in offered:
        if (
            extension.uri in EXTENSIONS[role]
            and 1 <= extension.id <= 14  # noqa: PLR2004  RFC 8285, section 4.2
            and extension.id not in found.values()
        ):
            found.setdefault(extension.uri, extension.id)
    told = any(f.type == "transport-cc" for f in codec.rtcpFeedback)
    if role == "view" and not (told and codec.mimeType.startswith("video/")):
        found.pop(TRANSPORT_CC, None)
    return found
