"""What the bench's cameras and viewers offer: as Chromium does, without what nobody reads."""

from __future__ import annotations

VIDEO, RTX, AUDIO = 102, 103, 111
MID, SENT, SEQUENCE = 1, 2, 3  # header extensions
_URIS = {
    MID: "urn:ietf:params:rtp-hdrext:sdes:mid",
    SENT: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    SEQUENCE: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
}
_FORMATS = {
    "H264": f"a=fmtp:{VIDEO} level-asymmetry-allowed=1;packetization-mode=1;"
    "profile-level-id=42e01f\r\n"
}
_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb", "transport-cc")


def offer(
    transport: str, direction: str, ssrcs: tuple[int, ...] = (), *, codec: str = "H264"
) -> str:
    """Return an offer of one codec and Opus; ``ssrcs`` of picture and sound where it sends."""
    extensions = "".join(f"a=extmap:{number} {uri}\r\n" for number, uri in _URIS.items())
    feedback = "".join(f"a=rtcp-fb:{VIDEO} {kind}\r\n" for kind in _FEEDBACK)
    each = f"c=IN IP4 0.0.0.0\r\n{transport}{extensions}a={direction}\r\n"
    names = [f"a=ssrc:{ssrc} cname:camera\r\n" for ssrc in ssrcs] or ["", ""]
    return (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
        f"m=video 9 UDP/TLS/RTP/SAVPF {VIDEO} {RTX}\r\na=mid:0\r\n{each}"
        f"a=rtpmap:{VIDEO} {codec}/90000\r\n{_FORMATS.get(codec, '')}"
        f"{feedback}a=rtpmap:{RTX} rtx/90000\r\na=fmtp:{RTX} apt={VIDEO}\r\n{names[0]}"
        f"m=audio 9 UDP/TLS/RTP/SAVPF {AUDIO}\r\na=mid:1\r\n{each}"
        f"a=rtpmap:{AUDIO} opus/48000/2\r\na=fmtp:{AUDIO} minptime=10;useinbandfec=1\r\n"
        f"a=rtcp-fb:{AUDIO} transport-cc\r\n{names[1]}"
    )
