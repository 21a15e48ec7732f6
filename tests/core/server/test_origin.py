"""Requests that another site's page makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kit.house import house

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({}, 403),  # a cookie alone proves nothing
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": "own"}, 201),
        ({"Origin": "http://127.0.0.1:1"}, 201),  # the base address
    ],
)
async def test_a_signed_in_browser_says_where_it_comes_from(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    async with house(tmp_path) as h:
        if headers.get("Origin") == "own":
            headers = {"Origin": h.origin}
        async with h.person.post("/api/v1/sessions", json={}, headers=headers) as answer:
            assert answer.status == status
            if status == 403:
                assert (await answer.json())["code"] == "forbidden.origin"
                assert h.placement.workers == {}


async def test_a_program_with_a_token_needs_no_origin(tmp_path: Path) -> None:
    async with house(tmp_path) as h, h.program.post("/api/v1/sessions", json={}) as answer:
        assert answer.status == 201


async def test_joining_from_a_foreign_page_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        foreign = {"Origin": "https://evil.example"}
        async with h.nobody.post(
            "/api/v1/join", json={"code": "12345678"}, headers=foreign
        ) as answer:
            assert answer.status == 403


async def test_a_foreign_page_cannot_open_the_control_socket(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        foreign = {"Origin": "https://evil.example"}
        async with h.nobody.get("/control", headers=foreign) as answer:
            assert answer.status == 403


async def test_a_host_of_nonsense_changes_no_policy(tmp_path: Path) -> None:
    odd = {"Host": "x; script-src *"}
    async with house(tmp_path) as h, h.nobody.get("/healthz", headers=odd) as answer:
        assert "script-src *" not in answer.headers["Content-Security-Policy"]
        assert "ws://127.0.0.1:1" in answer.headers["Content-Security-Policy"]
