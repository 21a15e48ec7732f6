"""Made-up facts in the shapes of the API, for the pages' own tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import segno


def soon(minutes: float) -> str:
    """Return a moment ahead as the API writes it."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


def slot(n: int, state: str = "empty", name: str = "", **more: Any) -> dict[str, Any]:
    """Return one slot of a SessionState."""
    facts: dict[str, Any] = {
        "n": n,
        "state": state,
        "camera": None,
        "name": name,
        "since": None,
        "codec": "",
        "width": 0,
        "height": 0,
        "fps": 0,
        "kbps": 0,
        "loss": 0,
        "rtt_ms": None,
        "has_audio": False,
        "cipher": "",
        "error": None,
        "last_picture": None,
    }
    return {**facts, **more}


def live(n: int, name: str) -> dict[str, Any]:
    """Return a slot whose pictures arrive."""
    return slot(
        n,
        "live",
        name,
        camera=f"c{n}",
        codec="h264",
        width=1280,
        height=720,
        fps=29.7,
        kbps=2380,
        loss=0.002,
        rtt_ms=34,
        has_audio=True,
    )


def state() -> dict[str, Any]:
    """Return a SessionState without cameras."""
    return {
        "session": "s1",
        "epoch": 1,
        "name": "第2工場 ポンプ室",
        "group": "default",
        "started_at": soon(-12),
        "width": 1280,
        "height": 720,
        "layout": {"kind": "grid", "focus": 1},
        "slots": [slot(n) for n in range(1, 5)],
        "recording": {"running": False, "id": None, "since": None, "error": None},
        "publications": [],
        "watching": [],
        "figures": {},
    }


def busy() -> dict[str, Any]:
    """Return a SessionState with three cameras in several states."""
    facts = state()
    facts["slots"] = [
        live(1, "ポンプ室 入口"),
        live(2, "制御盤"),
        slot(3, "lost", "屋上 冷却塔(東側・階段の上)", camera="c3", error="camera.too_large"),
        slot(4),
    ]
    facts["watching"] = ["山田", "", ""]
    return facts


def way(ticket: str) -> dict[str, Any]:
    """Return a ticket with its addresses."""
    return {
        "ticket": ticket,
        "whip": "/whip",
        "whep": "/whep",
        "control": "/control",
        "expires": soon(60),
        "ice_servers": [],
    }


def invitation(url: str, n: int) -> dict[str, Any]:
    """Return an invitation to slot ``n``."""
    code = f"1234-567{n}"
    link = f"{url}/j/{code}"
    picture = segno.make(link).svg_inline(scale=4)
    return {
        "id": f"i{n}",
        "code": code,
        "url": link,
        "qr_svg": picture,
        "slot": n,
        "name": "",
        "expires": soon(60),
        "camera_token": "camera",
        "whip": "/whip",
    }


def joined() -> dict[str, Any]:
    """Return the answer of a code that is known."""
    facts = way("camera")
    return {
        **facts,
        "token": facts.pop("ticket"),
        "session": "s1",
        "session_name": "第2工場 ポンプ室",
        "name": "カメラ1",
        "slot": 1,
        "recording": False,
    }


def sessions() -> list[dict[str, Any]]:
    """Return what the home page lists."""
    return [
        {
            "id": "s1",
            "name": "第2工場 ポンプ室",
            "started_at": "11月24日 14:02",
            "cameras": 3,
            "recording": True,
            "restarts": 0,
            "returning": False,
        },
        {
            "id": "s2",
            "name": "川口ビル 屋上冷却塔 定期点検",
            "started_at": "11月24日 13:10",
            "cameras": 0,
            "recording": False,
            "restarts": 1,
            "returning": True,
        },
        {
            "id": "s3",
            "name": "新入社員研修",
            "started_at": "11月24日 09:00",
            "cameras": 1,
            "recording": False,
            "restarts": 2,
            "returning": False,
        },
    ]


def recordings() -> list[dict[str, Any]]:
    """Return recordings in every state."""
    ready = {
        "kind": "recording",
        "session": "s1",
        "group": "default",
        "width": 1280,
        "height": 720,
        "slot": 0,
        "camera_name": "",
        "part": 1,
        "suffix": "mp4",
        "cameras": 0,
        "files": [],
        "holes": [],
    }
    rows = (
        ("r1", "第2工場 ポンプ室", "writing", "2026-11-24 14:05", "-", "-"),
        ("r2", "川口ビル 屋上冷却塔 定期点検", "finishing", "2026-11-24 13:12", "12:40", "231 MB"),
        ("r3", "第1工場 配電盤", "ready", "2026-11-23 16:40", "1:04:05", "1.2 GB"),
        ("r4", "新入社員研修", "failed", "2026-11-22 09:00", "0:31", "9.4 MB"),
    )
    names = ("id", "session_name", "state", "started", "length_text", "size_text")
    found = [{**ready, **dict(zip(names, row, strict=True))} for row in rows]
    found[2]["cameras"] = 4
    found[2]["holes"] = [
        {"at": "2:13", "seconds": "0.4", "why": "restart"},
        {"at": "31:05", "seconds": "12.8", "why": "stall"},
    ]
    found[2]["files"] = [
        {**found[2], **camera_file("c1", 1, "ポンプ室 入口")},
        {**found[2], **camera_file("c2", 2, "屋上 冷却塔(東側・階段の上)"), "part": 1},
        {**found[2], **camera_file("c2-2", 2, "屋上 冷却塔(東側・階段の上)"), "part": 2},
        {**found[2], **camera_file("c3", 3, "地下"), "state": "finishing"},
    ]
    return found


def camera_file(name: str, slot: int, camera: str) -> dict[str, Any]:
    """Return what tells a camera's file from the view's."""
    return {
        "id": name,
        "slot": slot,
        "camera_name": camera,
        "width": 720,
        "height": 1280,
        "length_text": "31:02",
        "size_text": "612 MB",
        "files": [],
        "holes": [{"at": "4:00", "seconds": "3.1", "why": "network"}],
    }
