"""The console's connection details: what protects each link."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kit.pagebrowser import OVERFLOW, SMALL, look
from tests.kit.pagefacts import busy

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from tests.kit.pages import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUITE = "DTLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 SRTP_AEAD_AES_256_GCM"
CONNECTIONS = [
    {"way": "in", "kind": "camera", "name": "ポンプ室 入口", "cipher": SUITE},
    {"way": "in", "kind": "desk", "name": "田中", "cipher": SUITE},
    {
        "way": "out",
        "kind": "desk",
        "name": "田中",
        "cipher": SUITE.replace("1.2", "1.3"),
        "quality": "low",
        "shed": None,
    },
    {"way": "out", "kind": "camera", "name": "ポンプ室 入口", "cipher": ""},
    {
        "way": "out",
        "kind": "guest",
        "name": "",
        "cipher": SUITE,
        "quality": None,
        "shed": "narrow",
    },
]


@pytest.mark.parametrize(("language", "width"), [("ja", 1366), ("en", 320)])
async def test_protocol_and_cipher_of_each_connection_can_be_read(
    pages: Site, browser: Browser, language: str, width: int
) -> None:
    pages.state = {**busy(), "connections": CONNECTIONS}
    async with look(browser, width=width, height=768) as at:
        await at.page.goto(f"{pages.url}/s/s1?lang={language}")
        await at.until("document.querySelectorAll('.slot').length === 4")
        if await at.page.is_visible("#panel-toggle"):
            await at.page.click("#panel-toggle")
        await at.page.click("#connections summary")
        await at.until("document.querySelectorAll('#connections-list li').length === 5")
        rows = [
            await row.inner_text()
            for row in await at.page.query_selector_all("#connections-list li")
        ]
        assert "ポンプ室 入口" in rows[0]
        assert "DTLS 1.2 · ECDHE-ECDSA-AES128-GCM-SHA256 · SRTP_AEAD_AES_256_GCM" in rows[0]
        assert "DTLS 1.3" in rows[2]
        low, shed = {
            "ja": ("小さい画質で送信中", "回線が遅いため静止画で表示中"),
            "en": ("Gets the small picture", "Slow connection: sees still pictures"),
        }[language]
        assert low in rows[2]
        assert shed in rows[4]
        assert "DTLS" not in rows[3]
        assert await at.page.evaluate(OVERFLOW) == []
        assert await at.page.evaluate(SMALL) == []
        if folder := os.environ.get("GENBA_SHOTS"):
            await at.page.evaluate("document.querySelector('#connections').scrollIntoView()")
            await at.page.screenshot(path=Path(folder) / f"connections-{language}-{width}.png")
        pages.state["connections"] = []
        await pages.tell()
        await at.until("document.querySelectorAll('#connections-list li').length === 1")
        assert at.faults == []
