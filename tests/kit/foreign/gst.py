"""What GStreamer's WHIP and WHEP programs share: the HTTP and the offer. Debian's Python runs it.

Only that interpreter has ``gi``, so nothing of Genba is imported here.
"""

from __future__ import annotations

import json
import signal
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402  versions come first

TRICKLE = 0.05  # seconds in which candidates are gathered for one PATCH


def say(**what: Any) -> None:
    """Print one line of JSON."""
    print(json.dumps(what), flush=True)  # noqa: T201  whoever started us reads it


class Caller:
    """One offer over HTTP: POST at once, PATCH as candidates come, DELETE on SIGTERM."""

    def __init__(self, pipeline: Any, url: str, token: str) -> None:
        """Take a pipeline whose webrtcbin is called ``w``."""
        self.pipeline, self.url, self.token = pipeline, url, token
        self.web = pipeline.get_by_name("w")
        # Whoever reads it becomes its owner (GStreamer 1.22 hands out a floating reference).
        self.agent = self.web.get_property("ice-agent")
        host = urllib.parse.urlsplit(url).hostname
        if host == "127.0.0.1":  # libnice leaves loopback out by itself
            self.agent.emit("add-local-ip-address", host)
        self.loop = GLib.MainLoop()
        self.resource = self.etag = ""
        self.candidates: list[str] = []
        self.gathered = False
        self.web.connect("on-negotiation-needed", self._offer)
        self.web.connect("on-ice-candidate", self._candidate)
        self.web.connect("notify::ice-gathering-state", self._gathering)
        self.web.connect("notify::connection-state", self._state)
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGTERM, self._leave)

    def run(self) -> None:
        """Play until SIGTERM."""
        self.pipeline.set_state(Gst.State.PLAYING)
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)

    def request(
        self, method: str, url: str, body: bytes | None = None, kind: str = "application/sdp"
    ) -> tuple[Any, str]:
        """Send one request and say how it was answered."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["Content-Type"] = kind
        if self.etag and method == "PATCH":
            headers["If-Match"] = self.etag
        asked = urllib.request.Request(url, body, headers, method=method)  # noqa: S310  http alone
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310  likewise
                text = answer.read().decode()
                say(method=method, status=answer.status)
                return answer.headers, text
        except urllib.error.HTTPError as error:
            say(method=method, status=error.code, body=error.read().decode())
            sys.exit(1)

    def _offer(self, _: Any) -> None:
        def made(promise: Any) -> None:
            promise.wait()
            reply = promise.get_reply()
            offer = reply.get_value("offer") if hasattr(reply, "get_value") else reply["offer"]
            self.web.emit("set-local-description", offer, Gst.Promise.new())
            GLib.idle_add(self._post, offer.sdp.as_text())

        self.web.emit("create-offer", None, Gst.Promise.new_with_change_func(made))

    def _post(self, offer: str) -> bool:
        headers, answer = self.request("POST", self.url, offer.encode())
        self.resource = urllib.parse.urljoin(self.url, headers["Location"])
        self.etag = headers.get("ETag", "")
        lines = offer.splitlines()
        self.credentials = [one for one in lines if one.startswith(("a=ice-ufrag", "a=ice-pwd"))]
        self.credentials = self.credentials[:2]
        self.mid = next(one for one in lines if one.startswith("a=mid:"))
        self.kind = next(one for one in lines if one.startswith("m="))
        _, message = GstSdp.SDPMessage.new_from_text(answer)
        described = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.web.emit("set-remote-description", described, Gst.Promise.new())
        GLib.timeout_add(round(TRICKLE * 1000), self._trickle)
        return False

    def _candidate(self, _: Any, line: int, candidate: str) -> None:
        del line  # one bundle: all are of the first m-line
        GLib.idle_add(self.candidates.append, candidate)

    def _gathering(self, *_: Any) -> None:
        if (
            self.web.get_property("ice-gathering-state")
            == GstWebRTC.WebRTCICEGatheringState.COMPLETE
        ):
            GLib.idle_add(self._complete)

    def _complete(self) -> bool:
        self.gathered = True
        return False

    def _trickle(self) -> bool:
        """Send what has come; the last PATCH has none and says so."""
        found, self.candidates = self.candidates, []
        if not found and not self.gathered:
            return True
        lines = [*self.credentials, self.kind, self.mid, *(f"a={one}" for one in found)]
        if not found:
            lines.append("a=end-of-candidates")
        body = "\r\n".join(lines) + "\r\n"
        self.request("PATCH", self.resource, body.encode(), "application/trickle-ice-sdpfrag")
        return bool(found)

    def _state(self, *_: Any) -> None:
        say(connection=self.web.get_property("connection-state").value_nick)

    def _leave(self) -> bool:
        if self.resource:
            self.request("DELETE", self.resource)
        self.loop.quit()
        return False
