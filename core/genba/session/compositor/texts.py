"""The words that are drawn into the picture, in the language of the session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.clock import jst
from genba.wire.state import CameraState

if TYPE_CHECKING:
    from datetime import datetime

    from genba.session.compositor.source import Source


@dataclass(frozen=True, slots=True)
class Texts:
    """One language. Lists of lines are shown one below the other."""

    camera: str
    waiting: str
    # How to join, but no code: guests and recordings see the picture, and a code admits anybody.
    join: str
    connecting: str
    paused: str
    lost: tuple[str, ...]
    lost_since: tuple[str, ...]

    def label(self, source: Source) -> str:
        """Return what stands at the top left of a camera's tile."""
        name = " ".join("".join(c if c.isprintable() else " " for c in source.name).split())
        return f"{source.n} {name}" if name else self.camera.format(n=source.n)

    def empty(self, n: int) -> tuple[str, ...]:
        """Return what a free slot says."""
        return self.waiting.format(n=n), self.join

    def trouble(self, source: Source) -> tuple[str, ...]:
        """Return what is said over a camera that shows nothing live; nothing if it does."""
        if source.state is CameraState.PAUSED:
            return (self.paused,)
        if source.state is CameraState.LOST:
            if source.last_picture is None:
                return self.lost
            since = f"{jst(source.last_picture):%H:%M:%S}"
            return tuple(line.format(time=since) for line in self.lost_since)
        if source.state is CameraState.CONNECTING or source.slot.frame is None:
            return (self.connecting,)
        return ()


_JA = Texts(
    camera="カメラ{n}",
    waiting="カメラ{n} 待機中",
    join="QRコードまたは参加コードで映像を送れます",
    connecting="接続しています",
    paused="一時停止中",
    lost=("映像が途切れています",),
    lost_since=("映像が途切れています", "最終 {time}"),
)
_EN = Texts(
    camera="Camera {n}",
    waiting="Camera {n}: waiting",
    join="Join with the QR code or the joining code",
    connecting="Connecting",
    paused="Paused",
    lost=("No picture",),
    lost_since=("No picture since {time}",),
)


def texts(language: str) -> Texts:
    """Return the language's words; English for one that is not known."""
    return _JA if language.partition("-")[0] == "ja" else _EN


def clock(now: datetime) -> str:
    """Return date and time as the view's corner shows them."""
    return f"{jst(now):%Y-%m-%d %H:%M:%S} JST"
