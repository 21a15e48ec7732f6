"""A GStreamer viewer that counts: ``/usr/bin/python3 gstviewer.py WHEP-URL TOKEN vp8|h264``."""

from __future__ import annotations

import sys
from typing import Any

from gst import Caller, Gst, GstWebRTC, say

RTP = "application/x-rtp,media={0},encoding-name={1},payload={2},clock-rate={3}"
CAPS = {
    "vp8": RTP.format("video", "VP8", 96, 90000),
    "h264": RTP.format("video", "H264", 102, 90000)
    + ",packetization-mode=(string)1,profile-level-id=(string)42e01f",
}
SOUND = RTP.format("audio", "OPUS", 100, 48000)


class Viewer(Caller):  # type: ignore[misc]  # the module is beside the program, not in a package
    """Decodes whatever comes and says how much of it."""

    def __init__(self, url: str, token: str, codec: str) -> None:
        """Ask for one picture and one sound."""
        pipeline, web = Gst.Pipeline.new(), Gst.ElementFactory.make("webrtcbin", "w")
        web.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        pipeline.add(web)
        super().__init__(pipeline, url, token)
        self.counts = {"pictures": 0, "sounds": 0}
        for caps in (CAPS[codec], SOUND):
            direction = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
            self.web.emit("add-transceiver", direction, Gst.Caps.from_string(caps))
        self.web.connect("pad-added", self._stream)

    def _stream(self, _: Any, pad: Any) -> None:
        if pad.get_direction() is Gst.PadDirection.SRC:
            decode = Gst.ElementFactory.make("decodebin")
            decode.connect("pad-added", self._decoded)
            self.pipeline.add(decode)
            decode.sync_state_with_parent()
            pad.link(decode.get_static_pad("sink"))

    def _decoded(self, _: Any, pad: Any) -> None:
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("signal-handoffs", True)
        sink.connect("handoff", self._count)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def _count(self, sink: Any, buffer: Any, pad: Any) -> None:
        del sink, buffer
        form = pad.get_current_caps().get_structure(0)
        what = "pictures" if form.get_name().startswith("video") else "sounds"
        self.counts[what] += 1
        if self.counts[what] % 10 == 1:
            size = {k: form.get_value(k) for k in ("width", "height") if form.has_field(k)}
            say(**self.counts, **size)


if __name__ == "__main__":
    Gst.init(None)
    Viewer(*sys.argv[1:4]).run()
