from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from genba.errors import GenbaError
from genba.session.recording.sidecar import read_meta
from genba.session.recording.still import jpeg, take_still
from tests.kit.movies import meta, names
from tests.kit.pictures import plain, varied

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1920, 1080), (333, 217)])
async def test_a_still_is_the_picture_in_its_own_size(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    frame = varied(*size)
    loop = asyncio.get_running_loop()
    begin = loop.time()
    done = await take_still(frame, tmp_path / "stills", meta("still-1"))
    assert loop.time() - begin < 5, "promised within half a second on a quiet machine"
    path = tmp_path / "stills" / "still-1.jpg"
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", size)
        shown = np.asarray(image.convert("RGB"), float)
    wanted = frame.reformat(format="rgb24").to_ndarray().astype(float)
    assert 10 * np.log10(255**2 / np.mean((shown - wanted) ** 2)) > 32
    assert (done.kind, done.state) == ("still", "ready")
    assert (done.width, done.height, done.size) == (*size, path.stat().st_size)
    assert await asyncio.to_thread(read_meta, path.parent, "still-1") == done
    assert names(path.parent) == ["still-1.jpg", "still-1.json"]


async def test_other_pixel_formats_are_kept_too(tmp_path: Path) -> None:
    frame = plain(64, 64, (200, 128, 128)).reformat(format="nv12")
    done = await take_still(frame, tmp_path, meta("still-2"))
    assert (done.width, done.height) == (64, 64)


def test_jpeg_keeps_colours() -> None:
    with Image.open(io.BytesIO(jpeg(plain(64, 64, (81, 90, 240))))) as image:
        red, green, blue = image.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc] # stubs allow a single value
    assert (red > 230, green < 25, blue < 25) == (True, True, True)


async def test_a_broken_disk_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GenbaError, match=r"recording\.failed"):
        await take_still(plain(64, 64, (9, 9, 9)), tmp_path / "file" / "below", meta())


def test_several_stills_of_one_picture_at_once() -> None:
    frame = varied(720, 1280)
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(jpeg, [frame] * 40))
    assert {Image.open(io.BytesIO(one)).size for one in made} == {(720, 1280)}
