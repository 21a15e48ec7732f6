"""The text of an answer."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from aioice.candidate import candidate_foundation, candidate_priority

from genba.session.peer.offer import TRANSPORT_CC
from genba.session.peer.part import SendingPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aiortc.sdp import MediaDescription

    from genba.session.peer.offer import Offer, Pick, Role
    from genba.session.peer.part import Part

NOWHERE = "0.0.0.0"  # noqa: S104  the address of an m-line that is refused, not one to bind


def write_answer(
    offer: Offer,
    role: Role,
    parts: Mapping[str, Part],
    *,
    addresses: Sequence[str],
    port: int,
    ufrag: str,
    password: str,
    fingerprint: str,
    setup: str,
    start_kbps: int,
) -> str:
    """Return SDP with CRLF line ends; ``addresses`` become host candidates, the first one first."""
    transport = [
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{password}",
        f"a=fingerprint:sha-256 {fingerprint}",
        f"a=setup:{setup}",
    ]
    lines = [
        "v=0",
        f"o=- {secrets.randbits(62)} 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
    ]
    if offer.bundled:
        lines.append("a=group:BUNDLE " + " ".join(pick.mid for pick in offer.taken))
    lines.append("a=msid-semantic: WMS *")
    candidates = _candidates(addresses, port)
    for m, pick in zip(offer.media, offer.picks, strict=True):
        if pick is None:
            lines += _refused(m, transport)
            continue
        codecs = [pick.codec, *([pick.rtx] if pick.rtx else [])]
        formats = " ".join(str(codec.payloadType) for codec in codecs)
        lines += [
            f"m={m.kind} {port} {m.profile} {formats}",
            _connection(addresses[0]),
            "a=recvonly" if role == "publish" else "a=sendonly",
            *([f"a=mid:{pick.mid}"] if pick.mid else []),
            "a=rtcp-mux",
            "a=rtcp-rsize",
            *(f"a=extmap:{number} {uri}" for uri, number in pick.extensions.items()),
            *_formats(pick, role, start_kbps),
            *_feedback(pick),
            *(_streams(pick, parts[pick.kind]) if role == "view" else []),
            *transport,
            *candidates,
        ]
        candidates = []  # bundled: the first m-line's are everybody's
    return "\r\n".join(lines) + "\r\n"


def _connection(address: str) -> str:
    return f"c=IN {'IP6' if ':' in address else 'IP4'} {address}"


def _candidates(addresses: Sequence[str], port: int) -> list[str]:
    found = []
    for index, address in enumerate(addresses):
        foundation = candidate_foundation("host", "udp", address)
        priority = candidate_priority(1, "host", 65535 - index)
        found.append(f"a=candidate:{foundation} 1 udp {priority} {address} {port} typ host")
    return [*found, "a=end-of-candidates"]


def _refused(m: MediaDescription, transport: list[str]) -> list[str]:
    """Refuse one m-line. aiortc's peers want credentials and a known format even then."""
    return [
        f"m={m.kind} 0 {m.profile} {m.fmt[0]}",
        f"c=IN IP4 {NOWHERE}",
        "a=inactive",
        *([f"a=mid:{m.rtp.muxId}"] if m.rtp.muxId else []),
        "a=rtcp-mux",
        *transport,
        *(f"a=rtpmap:{c.payloadType} {c}" for c in m.rtp.codecs if c.payloadType == m.fmt[0]),
    ]


def _formats(pick: Pick, role: Role, start_kbps: int) -> Iterator[str]:
    number = pick.codec.payloadType
    yield f"a=rtpmap:{number} {pick.codec}"
    parameters = [pick.format] if pick.format else []
    if role == "publish" and pick.kind == "video" and start_kbps:
        # libwebrtc begins at 300 kbit/s unless it is told
        parameters.append(f"x-google-start-bitrate={start_kbps}")
    if parameters:
        yield f"a=fmtp:{number} {';'.join(parameters)}"
    if pick.rtx:
        yield f"a=rtpmap:{pick.rtx.payloadType} rtx/{pick.rtx.clockRate}"
        yield f"a=fmtp:{pick.rtx.payloadType} apt={number}"


def _feedback(pick: Pick) -> Iterator[str]:
    offered = {(f.type, f.parameter) for f in pick.codec.rtcpFeedback}
    wanted: list[tuple[str, str | None]] = []
    if pick.kind == "video":
        wanted += [("nack", None), ("nack", "pli"), ("ccm", "fir")]
    if TRANSPORT_CC in pick.extensions:
        wanted.append(("transport-cc", None))
    else:
        wanted.append(("goog-remb", None))
    for kind, parameter in wanted:
        if (kind, parameter) in offered:
            yield f"a=rtcp-fb:{pick.codec.payloadType} {kind}{f' {parameter}' if parameter else ''}"


def _streams(pick: Pick, part: Part) -> list[str]:
    if not isinstance(part, SendingPart):
        raise TypeError(f"{type(part).__name__} cannot send: it has no SSRC")
    main = part._ssrc  # noqa: SLF001  the name is aiortc's
    ssrcs = [main, part.rtx_ssrc] if pick.rtx else [main]
    group = [f"a=ssrc-group:FID {main} {part.rtx_ssrc}"] if pick.rtx else []
    return [
        f"a=msid:{part.cname} {pick.kind}",
        *group,
        *(f"a=ssrc:{ssrc} cname:{part.cname}" for ssrc in ssrcs),
        *(f"a=ssrc:{ssrc} msid:{part.cname} {pick.kind}" for ssrc in ssrcs),
    ]
