"""Recordings and stills: listed, fetched in ranges, erased; settled after a crash."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import av
import pytest

from genba.api import EndReason
from genba.server.storage.media import MediaStore
from genba.wire.media import Gap, MediaFile, piece_name
from tests.kit.house import house
from tests.kit.rtc import encode_h264

if TYPE_CHECKING:
    from pathlib import Path

BODY = bytes(range(256)) * 40


def keep(data: Path, name: str, *, kind: str = "recording", **more: Any) -> MediaFile:
    """Write a sidecar, and the file that its state promises."""
    meta = MediaFile.model_validate(
        {
            "id": name,
            "kind": kind,
            "session": "s1",
            "session_name": "第2工場\r\nX: y",
            "group": "local",
            "state": "ready",
            "started_at": datetime(2026, 11, 24, 3, 0, 5, tzinfo=UTC),
            "seconds": 83.5,
            "size": len(BODY),
            "width": 1280,
            "height": 720,
            **more,
        }
    )
    folder = data / f"{kind}s"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(meta.model_dump_json())
    if meta.state == "ready":
        (folder / f"{name}.{meta.suffix if kind == 'recording' else 'jpg'}").write_bytes(BODY)
    return meta


async def test_listed_read_and_fetched(tmp_path: Path) -> None:
    keep(tmp_path, "r1")
    keep(tmp_path, "r2", started_at=datetime(2026, 11, 25, tzinfo=UTC))
    async with house(tmp_path) as h:
        listed = (await h.get("/recordings"))["recordings"]
        assert [one["id"] for one in listed] == ["r2", "r1"]
        one = await h.get("/recordings/r1")
        assert (one["state"], one["seconds"], one["size"]) == ("ready", 83.5, len(BODY))
        async with h.program.get(one["file"]) as answer:
            assert answer.status == 200
            assert answer.content_type == "video/mp4"
            assert answer.headers["Accept-Ranges"] == "bytes"
            assert answer.headers["Cache-Control"] == "private, no-cache"
            assert await answer.read() == BODY


@pytest.mark.parametrize(
    ("asked", "status", "got"),
    [
        ("bytes=0-9", 206, BODY[:10]),
        ("bytes=100-", 206, BODY[100:]),
        ("bytes=-7", 206, BODY[-7:]),
        ("bytes=5-99999999", 206, BODY[5:]),
        (f"bytes={len(BODY)}-", 416, b""),
        ("bytes=9-1", 416, b""),
        ("bytes=x", 416, b""),
    ],
)
async def test_ranges(tmp_path: Path, asked: str, status: int, got: bytes) -> None:
    keep(tmp_path, "r1")
    async with house(tmp_path) as h:
        path = "/api/v1/recordings/r1/file"
        async with h.program.get(path, headers={"Range": asked}) as answer:
            assert answer.status == status
            assert await answer.read() == got
            if status == 206:
                assert answer.headers["Content-Range"].endswith(f"/{len(BODY)}")
            else:
                assert answer.headers["Content-Range"] == f"bytes */{len(BODY)}"


async def test_a_download_has_a_name_and_no_second_header(tmp_path: Path) -> None:
    keep(tmp_path, "r1")
    async with house(tmp_path) as h:
        async with h.program.get("/api/v1/recordings/r1/file?download=1") as answer:
            said = answer.headers["Content-Disposition"]
            assert "X" not in answer.headers
        assert said.startswith('attachment; filename="genba-20261124-120005.mp4"')
        assert unquote(said.rpartition("''")[2]) == "第2工場\r\nX: y 20261124-120005.mp4"


@pytest.mark.parametrize(
    "name",
    ["..%2Fkeys%2Fticket", "%2e%2e%2fr1", "r1.json", "r1%00", "..", "r1%2F..%2Fr1", "あ", "x" * 65],
)
async def test_no_path_comes_from_outside(tmp_path: Path, name: str) -> None:
    keep(tmp_path, "r1")
    (tmp_path / "outside.json").write_text((tmp_path / "recordings" / "r1.json").read_text())
    async with house(tmp_path) as h:
        for path in (f"/recordings/{name}", f"/recordings/{name}/file", f"/stills/{name}/file"):
            async with h.program.get(f"/api/v1{path}") as answer:
                assert answer.status == 404, path
        async with h.program.delete(f"/api/v1/recordings/{name}") as answer:
            assert answer.status in (404, 405)
        assert (await h.get("/recordings/r1"))["id"] == "r1"


async def test_the_store_refuses_what_is_no_id(tmp_path: Path) -> None:
    keep(tmp_path, "r1")
    store = MediaStore(tmp_path)
    for name in ("../recordings/r1", "r1.json", "", "r1/", "r1\n"):
        assert await store.get("recording", name) is None
    assert await store.get("recording", "r1") is not None


async def test_erasing_leaves_nothing(tmp_path: Path) -> None:
    keep(tmp_path, "r1")
    keep(tmp_path, "r10")
    async with house(tmp_path) as h:
        async with h.program.delete("/api/v1/recordings/r1") as answer:
            assert answer.status == 204
        for path in ("", "/file"):
            async with h.program.get(f"/api/v1/recordings/r1{path}") as answer:
                assert answer.status == 404
    left = sorted(p.name for p in (tmp_path / "recordings").iterdir())
    assert left == ["r10.json", "r10.mp4"]


async def test_what_is_still_being_written_is_neither_fetched_nor_erased(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        keep(tmp_path, "r1", state="writing", session=session)
        async with h.program.get("/api/v1/recordings/r1/file") as answer:
            assert answer.status == 404
        async with h.program.delete("/api/v1/recordings/r1") as answer:
            assert answer.status == 409


async def test_what_a_dead_session_wrote_becomes_its_recording(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        keep(tmp_path, "part", state="writing", session=session)
        await asyncio.to_thread(
            write_part, tmp_path / "recordings" / piece_name("part", 1, 1, "mp4")
        )
        keep(tmp_path, "none", state="writing", session=session)
        keep(tmp_path, "other", state="writing", session=await h.open())
        await h.worker(session).end(EndReason.FAILED)
        async with asyncio.timeout(30):
            for name, settled in (("part", "ready"), ("none", "failed")):
                while (await h.get(f"/recordings/{name}"))["state"] != settled:  # noqa: ASYNC110 (asked)
                    await asyncio.sleep(0.01)
        part = await h.get("/recordings/part")
        async with h.program.get(part["file"]) as answer:
            assert len(await answer.read()) == part["size"]
        assert (await h.get("/recordings/none"))["state"] == "failed"
        assert (await h.get("/recordings/other"))["state"] == "writing"


async def test_a_damaged_sidecar_hides_nothing_else(tmp_path: Path) -> None:
    keep(tmp_path, "r1")
    (tmp_path / "recordings" / "bad.json").write_text("{")
    (tmp_path / "recordings" / "lie.json").write_text(
        (tmp_path / "recordings" / "r1.json").read_text()
    )
    async with house(tmp_path) as h:
        assert [r["id"] for r in (await h.get("/recordings"))["recordings"]] == ["r1"]


async def test_stills_of_a_session(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        keep(tmp_path, "t1", kind="still", session=session, slot=2, camera_name="屋上")
        keep(tmp_path, "t2", kind="still", session="other")
        stills = (await h.get(f"/sessions/{session}/stills"))["stills"]
        assert [(s["id"], s["slot"], s["camera_name"]) for s in stills] == [("t1", 2, "屋上")]
        async with h.program.get(stills[0]["url"]) as answer:
            assert answer.content_type == "image/jpeg"
            assert await answer.read() == BODY


async def test_a_recording_that_a_crash_left_becomes_seekable(tmp_path: Path) -> None:
    name = "-left"  # ids may begin so
    folder = tmp_path / "recordings"
    keep(tmp_path, name, state="writing", session="gone")
    part = folder / piece_name(name, 1, 1, "mp4")
    await asyncio.to_thread(write_part, part)
    async with house(tmp_path) as h, asyncio.timeout(30):
        while (await h.get(f"/recordings/{name}"))["state"] != "ready":  # noqa: ASYNC110 (asked)
            await asyncio.sleep(0.02)
        kept = await h.get(f"/recordings/{name}")
        while await asyncio.to_thread(part.exists):  # noqa: ASYNC110 (asked)
            await asyncio.sleep(0.02)
    assert kept["seconds"] > 0.5
    data = await asyncio.to_thread((folder / f"{name}.mp4").read_bytes)
    assert 0 < data.index(b"moov") < data.index(b"mdat")


async def test_a_take_has_the_views_file_and_those_of_its_cameras(tmp_path: Path) -> None:
    keep(tmp_path, "r1", take="r1", gaps=[Gap(at=133.2, seconds=4.25, why="restart")])
    keep(tmp_path, "c2", take="r1", slot=2, camera_name="屋上", camera="x", part=1)
    keep(tmp_path, "c2-2", take="r1", slot=2, camera_name="屋上", camera="x", part=2)
    keep(tmp_path, "c3", take="r1", slot=3, camera_name="地下", camera="y", suffix="mkv")
    keep(tmp_path, "r2", take="r2")
    async with house(tmp_path) as h:
        listed = (await h.get("/recordings"))["recordings"]
        assert {one["id"]: (one["take"], one["slot"], one["part"]) for one in listed} == {
            "r1": ("r1", 0, 1),
            "c2": ("r1", 2, 1),
            "c2-2": ("r1", 2, 2),
            "c3": ("r1", 3, 1),
            "r2": ("r2", 0, 1),
        }
        async with h.person.get("/recordings?lang=ja") as answer:
            page = await answer.text()
        assert page.count("<tr data-id") == 2
        assert "カメラの録画 3本" in page
        async with h.person.get("/recordings/r1") as answer:
            page = await answer.text()
        assert "2:13 から 4.2 秒: 中継を復旧していたため" in page
        assert [name in page for name in ("/recordings/c2-2", "カメラ3 地下")] == [True, True]
        async with h.program.get("/api/v1/recordings/c3/file?download=1") as answer:
            assert answer.content_type == "video/x-matroska"
            said = unquote(answer.headers["Content-Disposition"])
            assert said.endswith(" 3 地下.mkv")
        async with h.program.get("/api/v1/recordings/c2-2/file?download=1") as answer:
            assert unquote(answer.headers["Content-Disposition"]).endswith(" 2 屋上 (2).mp4")
        for spoken, words in (("ja", "[映像なし1か所]"), ("en", "[gaps: 1]")):
            asked = {"Accept-Language": spoken}
            path = "/api/v1/recordings/r1/file?download=1"
            async with h.program.get(path, headers=asked) as answer:
                said = unquote(answer.headers["Content-Disposition"])
                assert said.endswith(f" {words}.mp4")
                assert '-1-gaps.mp4"' in said
        async with h.person.get("/recordings/c2-2?lang=ja") as answer:
            page = await answer.text()
            found = [f'href="/recordings/{name}"' in page for name in ("r1", "c2", "c2-2", "r2")]
            assert found == [True, True, False, False]
            assert "サポーター画面の録画" in page
        async with h.program.delete("/api/v1/recordings/c3") as answer:
            assert answer.status == 204
        assert (await h.get("/recordings/r1"))["gaps"] == [
            {"at": 133.2, "seconds": 4.25, "why": "restart"}
        ]
        async with h.program.delete("/api/v1/recordings/r1") as answer:
            assert answer.status == 204
        assert [one["id"] for one in (await h.get("/recordings"))["recordings"]] == ["r2"]
    left = sorted(path.name for path in (tmp_path / "recordings").iterdir())
    assert left == ["r2.json", "r2.mp4"]


def write_part(path: Path) -> None:
    """Write a fragmented MP4 as a session does, and stop in the middle."""
    source = path.with_suffix(".h264")
    source.write_bytes(b"".join(encode_h264(30)))
    with (
        av.open(str(source), format="h264", options={"framerate": "30"}) as coded,
        av.open(
            str(path), "w", format="mp4", options={"movflags": "frag_every_frame+empty_moov"}
        ) as file,
    ):
        stream = file.add_stream_from_template(coded.streams.video[0])
        for n, packet in enumerate(coded.demux(video=0)):
            if packet.size:
                packet.stream = stream
                packet.time_base = Fraction(1, 30)
                packet.pts = packet.dts = n
                packet.duration = 1
                file.mux(packet)
    source.unlink()
    with path.open("r+b") as torn:
        torn.truncate(path.stat().st_size - 300)
