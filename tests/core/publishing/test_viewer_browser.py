from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import async_playwright

from genba.session.compositor.mix import Mix
from genba.session.encoder.layers import Layers
from genba.session.mediaclock import MediaClock
from genba.session.peer.socket import PeerSocket
from genba.session.publishing.viewer import Viewer
from genba.wire.order import RtcOrder, ViewOrder
from tests.kit.movingview import MovingView, Tone

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

CHROMIUM = "/usr/bin/chromium"
# A muted element has no sound energy to measure, so it plays unmuted without anybody's tap.
ARGUMENTS = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]

LOOK = """
async (codec) => {
  const pc = new RTCPeerConnection({iceServers: []});
  const video = pc.addTransceiver('video', {direction: 'recvonly'});
  const wanted = RTCRtpReceiver.getCapabilities('video').codecs
    .filter((c) => ['video/' + codec, 'video/rtx'].includes(c.mimeType));
  video.setCodecPreferences(wanted);
  pc.addTransceiver('audio', {direction: 'recvonly'});
  await pc.setLocalDescription();
  const sdp = await window.answer(pc.localDescription.sdp);
  await pc.setRemoteDescription({type: 'answer', sdp});
  const element = document.createElement('video');
  element.autoplay = true;
  element.srcObject = new MediaStream(pc.getReceivers().map((r) => r.track));
  document.body.append(element);
  let shown = 0;
  await new Promise((done) => {
    const next = () => (++shown >= 45 ? done() : element.requestVideoFrameCallback(next));
    element.requestVideoFrameCallback(next);
  });
  const report = [...(await pc.getStats()).values()];
  const of = (kind) => report.find((s) => s.type === 'inbound-rtp' && s.kind === kind);
  const name = (s) => report.find((c) => c.id === s.codecId).mimeType;
  const v = of('video'), a = of('audio');
  pc.close();
  return {
    width: element.videoWidth, height: element.videoHeight, codec: name(v),
    decoded: v.framesDecoded, keys: v.keyFramesDecoded, sound: name(a),
    heard: a.totalAudioEnergy > 0,
  };
}
"""


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield await browser.new_page()
        finally:
            await browser.close()


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_chromium_sees_and_hears(page: Page, codec: str) -> None:
    clock, tone = MediaClock(), Tone()
    view = ViewOrder(width=640, height=360, kbps=1000)
    layers = Layers(view, clock, tone, asyncio.get_running_loop())
    viewers: list[Viewer] = []
    async with PeerSocket(RtcOrder()) as socket:

        async def answer(offer: str) -> str:
            viewers.append(await Viewer.open(socket, offer, layers, clock, mix=Mix.cameras()))
            return viewers[-1].peer.answer

        await page.expose_function("answer", answer)
        with MovingView(layers, clock, tone):
            async with asyncio.timeout(60):
                seen = await page.evaluate(LOOK, codec)
                await viewers[0].peer.closed.wait()
    await layers.close()
    video = viewers[0].stats().video
    assert video is not None
    assert video.available > 500_000  # its transport-wide feedback was read
    print(f"{codec}: {video.available / 1e6:.1f} Mbit/s estimated of loopback")  # noqa: T201
    assert (seen["width"], seen["height"]) == (640, 360)
    assert seen["codec"] == f"video/{codec}"
    assert seen["decoded"] >= 40
    assert 1 <= seen["keys"] <= 3
    assert seen["sound"] == "audio/opus"
    assert seen["heard"]
