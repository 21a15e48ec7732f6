"""Made-up ways to share, in the shapes of the API, with their texts."""

from __future__ import annotations

from typing import Any

from tests.kit.pagefacts import soon

TEXTS = {
    "ja": {
        "browser.label": "ブラウザのリンク",
        "browser.minutes": "リンクの有効期間",
        "teams.label": "Teams 会議",
        "teams.meeting": "会議のリンク",
        "teams.step1": "「会議を開く」を押して会議に入ります",
        "teams.step2": "「共有用の画面を開く」を押します",
        "teams.step3": "Teamsの「共有」でその画面を選びます",
        "zoom.label": "Zoom 会議",
        "zoom.meeting": "会議のリンク",
    },
    "en": {
        "browser.label": "Browser link",
        "browser.minutes": "Link works for",
        "teams.label": "Teams meeting",
        "teams.meeting": "Meeting link",
        "teams.step1": "Press “Open the meeting” and join",
        "teams.step2": "Press “Open the window to share”",
        "teams.step3": "In Teams press “Share” and choose that window",
        "zoom.label": "Zoom meeting",
        "zoom.meeting": "Meeting link",
    },
}


def _meeting(kind: str) -> dict[str, Any]:
    return {
        "name": "meeting",
        "label": f"{kind}.meeting",
        "kind": "meeting",
        "default": "",
        "choices": [],
        "required": True,
    }


LIST: list[dict[str, Any]] = [
    {
        "kind": "browser",
        "label": "browser.label",
        "icon": "link",
        "guide": [],
        "fields": [
            {
                "name": "minutes",
                "label": "browser.minutes",
                "kind": "minutes",
                "default": "60",
                "choices": ["15", "60", "480"],
                "required": True,
            }
        ],
    },
    {
        "kind": "teams",
        "label": "teams.label",
        "icon": "teams",
        "fields": [_meeting("teams")],
        "guide": [{"picture": f"step{n}.svg", "text": f"teams.step{n}"} for n in range(1, 4)],
    },
    {
        "kind": "zoom",
        "label": "zoom.label",
        "icon": "zoom",
        "fields": [_meeting("zoom")],
        "guide": [],
    },
]


def publication(kind: str, state: str = "waiting") -> dict[str, Any]:
    """Return a running publication."""
    meeting = kind != "browser"
    return {
        "id": f"p-{kind}",
        "kind": kind,
        "state": state,
        "viewers": 2 if state == "on_air" else 0,
        "since": soon(-1),
        "expires": soon(59),
        "join_url": None if meeting else "http://127.0.0.1/v/ticket",
        "meeting_url": f"https://{kind}.example/j/1" if meeting else None,
        "share_url": "http://127.0.0.1/v/ticket?clean=1",
        "error": None,
        "reason": None,
    }
