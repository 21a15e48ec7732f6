from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from genba.api import Layer, Packet, SessionInfo, View
from genba.clock import SystemClock
from genba.errors import GenbaError
from genba.session.encoder.layers import Layers
from genba.session.mediaclock import MediaClock
from genba.session.publishing.links import Links
from genba.session.publishing.queues import PICTURES, SOUNDS, PictureQueue, SoundQueue
from genba.session.publishing.view import SessionView
from genba.wire.order import ViewOrder
from tests.kit.movingview import MovingView, Tone, stamped
from tests.kit.orders import order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    import av

    from genba.api import EndReason

INFO = SessionInfo("s1", "local", "試験", datetime(2026, 1, 1, tzinfo=UTC))


class Stage:
    def __init__(self, layers: Layers, moving: MovingView, links: Links, view: SessionView) -> None:
        self.layers, self.moving, self.links = layers, moving, links
        self.view: View = view  # what plugins are promised


def shows(layers: Layers, links: Links, latest: Callable[[], av.VideoFrame | None]) -> SessionView:
    async def picture() -> av.VideoFrame | None:
        return latest()

    return SessionView(INFO, layers, links, latest, picture)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async def ended(link: str, reason: EndReason) -> None:
        """Nobody is connected."""

    tone, clock = Tone(), MediaClock()
    layers = Layers(
        ViewOrder(width=320, height=240, kbps=600), clock, tone, asyncio.get_running_loop()
    )
    links = Links(order(tmp_path), SystemClock(), ended)
    with MovingView(layers, clock, tone) as moving:
        yield Stage(layers, moving, links, shows(layers, links, moving.latest))
    await links.close()
    await layers.close()


@pytest.mark.parametrize("layer", list(Layer))
async def test_video_begins_with_a_key_picture(stage: Stage, layer: Layer) -> None:
    async with asyncio.timeout(10), stage.view.video(layer) as pictures:
        packets = [await anext(pictures) for _ in range(10)]
        assert len(stage.layers.video(layer).fanout) == 1
    assert [p.codec for p in packets] == [layer.value] * 10
    assert packets[0].key
    assert len(stage.layers.video(layer).fanout) == 0
    assert len(stage.layers.video(Layer.VP8 if layer is Layer.H264 else Layer.H264).fanout) == 0


async def test_audio_is_the_cameras_sound(stage: Stage) -> None:
    async with asyncio.timeout(10), stage.view.audio() as sounds:
        packets = [await anext(sounds) for _ in range(10)]
        assert [mix.kind for mix, _ in stage.moving.tone.listeners] == ["cameras"]
    assert {p.codec for p in packets} == {"opus"}
    steps = np.diff([p.time for p in packets])
    assert np.allclose(steps, 0.02)
    assert stage.moving.tone.listeners == []


async def test_frames_are_the_newest_pictures(stage: Stage) -> None:
    async with asyncio.timeout(10), stage.view.frames(10) as pictures:
        first = await anext(pictures)
        number = stage.moving.number
        while stage.moving.number < number + 10:  # noqa: ASYNC110 (a thread counts)
            await asyncio.sleep(0.01)
        second = await anext(pictures)
        third = await anext(pictures)
    assert (first.width, first.height, first.format.name) == (320, 240, "yuv420p")
    assert first.pts is not None
    assert second.pts is not None
    assert second.pts - first.pts >= 8 * 3000
    assert third is not second
    for fps in (0, 61):
        with pytest.raises(ValueError, match="fps"):
            async with stage.view.frames(fps):
                pass


async def test_frames_do_not_repeat_a_picture(stage: Stage) -> None:
    still = stamped(0, 0, 320, 240)
    view = shows(stage.layers, stage.links, lambda: still)
    async with view.frames(60) as pictures:
        assert await anext(pictures) is still
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await anext(pictures)


async def test_snapshot_is_the_view_as_jpeg(stage: Stage) -> None:
    frame = stamped(10, 0, 320, 240)
    view = shows(stage.layers, stage.links, lambda: frame)
    data = await view.snapshot()
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("JPEG", (320, 240))
    grey = np.asarray(image.convert("L")).astype(int)
    expected = frame.to_ndarray(format="gray").astype(int)
    assert abs(grey[:, 90:110].mean() - expected[:, 90:110].mean()) < 25
    empty = shows(stage.layers, stage.links, lambda: None)
    with pytest.raises(GenbaError, match=r"still\.no_picture"):
        await empty.snapshot()


async def test_a_link_is_one_of_the_sessions(stage: Stage) -> None:
    link = stage.view.link("browser", timedelta(minutes=1))
    assert stage.links.get(link.id) is link
    assert stage.view.session is INFO


def picture(number: int, *, key: bool = False) -> Packet:
    return Packet("video", "h264", b"", float(number), 1 / 30, key)


async def test_a_slow_reader_loses_pictures_up_to_the_next_key() -> None:
    asked: list[int] = []
    queue = PictureQueue(lambda: asked.append(1))
    queue.push(picture(0))
    for n in range(1, PICTURES + 1):
        queue.push(picture(n, key=n == 1))
    assert asked == []
    for n in range(PICTURES + 1, PICTURES + 5):
        queue.push(picture(n))
    assert asked == [1]
    queue.push(picture(50, key=True))
    queue.push(picture(51))
    assert [(await anext(queue)).time, (await anext(queue)).time] == [50, 51]


async def test_a_key_picture_clears_a_full_queue_and_asks_nobody() -> None:
    asked: list[int] = []
    queue = PictureQueue(lambda: asked.append(1))
    for n in range(PICTURES):
        queue.push(picture(n, key=n == 0))
    queue.push(picture(50, key=True))
    assert (await anext(queue)).time == 50
    assert asked == []


async def test_a_slow_listener_loses_the_oldest() -> None:
    queue = SoundQueue()
    for n in range(SOUNDS + 5):
        queue.push(Packet("audio", "opus", b"", float(n), 0.02, key=True))
    assert [(await anext(queue)).time for _ in range(SOUNDS)] == list(range(5, SOUNDS + 5))
