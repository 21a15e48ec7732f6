"""A GStreamer camera: ``/usr/bin/python3 gstcamera.py WHIP-URL TOKEN vp8|h264``."""

from __future__ import annotations

import sys

from gst import Caller, Gst

VIDEO = {
    "vp8": "vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay pt=96 picture-id-mode=2 ! "
    "application/x-rtp,media=video,encoding-name=VP8,payload=96",
    "h264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! "
    "video/x-h264,profile=constrained-baseline ! h264parse ! "
    "rtph264pay config-interval=-1 aggregate-mode=zero-latency pt=102 ! "
    "application/x-rtp,media=video,encoding-name=H264,payload=102",
}
WHOLE = (
    "webrtcbin name=w bundle-policy=max-bundle "
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=360,framerate=15/1 ! "
    "videoconvert ! {video} ! w. "
    "audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=100 ! "
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=100 ! w."
)

if __name__ == "__main__":
    Gst.init(None)
    url, token, codec = sys.argv[1:4]
    Caller(Gst.parse_launch(WHOLE.format(video=VIDEO[codec])), url, token).run()
