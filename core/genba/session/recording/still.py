"""A picture becomes a JPEG."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

from av.video.reformatter import VideoReformatter
from PIL import Image

from genba.errors import GenbaError
from genba.session.recording.sidecar import hidden, settle, write_meta, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from av import VideoFrame

    from genba.wire.media import MediaFile

QUALITY = 92  # text on a type plate stays readable; about 0.3 MB at 720p


async def take_still(frame: VideoFrame, directory: Path, meta: MediaFile) -> MediaFile:
    """Write ``<id>.jpg`` in the picture's own size, and its json; return what the json says.

    Encoded and written in a thread; ``frame`` must not be written into meanwhile. Raises
    GenbaError ``recording.failed`` when the disk does not take it.
    """
    try:
        return await asyncio.to_thread(_keep, frame, directory, meta)
    except OSError as error:
        raise GenbaError("recording.failed", error.strerror or "") from error


def jpeg(frame: VideoFrame) -> bytes:
    """Return a picture as JPEG; takes some 10 ms, so call it in a thread."""
    buffer = io.BytesIO()
    # Not frame.reformat: its reformatter is the frame's, and two threads at once crash the process.
    rgb = VideoReformatter().reformat(frame, format="rgb24", threads=1)
    Image.fromarray(rgb.to_ndarray()).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _keep(frame: VideoFrame, directory: Path, meta: MediaFile) -> MediaFile:
    data = jpeg(frame)
    directory.mkdir(parents=True, exist_ok=True)
    known = meta.model_copy(
        update={
            "kind": "still",
            "state": "ready",
            "size": len(data),
            "width": frame.width,
            "height": frame.height,
        }
    )
    picture = directory / f"{meta.id}.jpg"
    write_whole(hidden(picture), data)
    # The json first: whoever finds the picture finds what it is.
    write_meta(directory, known)
    hidden(picture).replace(picture)
    settle(directory)
    return known
