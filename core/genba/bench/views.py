"""The sizes of the view that are measured."""

from __future__ import annotations

from genba.bench.clips import FPS
from genba.wire.order import ViewOrder

VIEWS = {
    "720p": ViewOrder(width=1280, height=720, fps=FPS, kbps=2500),
    "1080p": ViewOrder(width=1920, height=1080, fps=FPS, kbps=4500),
}
