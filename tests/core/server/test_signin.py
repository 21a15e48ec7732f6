"""One-time sign-in, cookies and the API token."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from genba.server.identity import keys
from genba.server.identity.once import LIFE, mint
from genba.server.identity.signins import IDLE
from tests.kit.house import house

if TYPE_CHECKING:
    from pathlib import Path


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


async def test_a_sign_in_link_works_once_only(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        link = h.once()
        async with h.nobody.get(link, params={"next": "/recordings"}, allow_redirects=False) as a:
            assert (a.status, a.headers["Location"]) == (303, "/recordings")
            cookie = a.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        async with h.nobody.get("/api/v1/sessions") as a:
            assert a.status == 200
        async with h.person.get(link, allow_redirects=False) as a:
            assert a.status == 410
            assert "signin.used" in await a.text()


async def test_two_at_the_same_time_are_one_too_many(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        link = h.once()

        async def enter() -> int:
            async with h.nobody.get(link, allow_redirects=False) as answer:
                return answer.status

        assert sorted(await asyncio.gather(enter(), enter())) == [303, 410]


async def test_a_used_link_stays_used_over_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        link = h.once()
        async with h.nobody.get(link, allow_redirects=False) as a:
            assert a.status == 303
            value = a.cookies["genba"].value
    async with house(tmp_path) as again:
        async with again.nobody.get(link, allow_redirects=False) as a:
            assert a.status == 410
        async with again.nobody.get("/api/v1/sessions", cookies={"genba": value}) as a:
            assert a.status == 200, "a restart signs nobody out"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil", "x"])
async def test_next_never_leads_elsewhere(tmp_path: Path, elsewhere: str) -> None:
    async with (
        house(tmp_path) as h,
        h.nobody.get(h.once(), params={"next": elsewhere}, allow_redirects=False) as a,
    ):
        assert a.headers["Location"] == "/"


async def test_a_head_request_does_not_use_a_link_up(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        link = h.once()
        async with h.nobody.head(link) as a:
            assert a.status == 405
        async with h.nobody.get(link, allow_redirects=False) as a:
            assert a.status == 303


async def test_forged_and_old_links_are_refused(tmp_path: Path) -> None:
    hands = Hands()
    async with house(tmp_path, clock=hands) as h:
        async with h.nobody.get(f"/enter/{mint(b'x' * 32, hands.now())}") as a:
            assert a.status == 404
        async with h.nobody.get("/enter/nonsense") as a:
            assert a.status == 404
        old = h.once()
        hands.at += LIFE
        async with h.nobody.get(old) as a:
            assert a.status == 410


async def test_who_stays_away_is_signed_out(tmp_path: Path) -> None:
    hands = Hands()
    async with house(tmp_path, clock=hands) as h:
        hands.at += IDLE - timedelta(minutes=1)
        async with h.person.get("/api/v1/sessions") as a:
            assert a.status == 200
        hands.at += IDLE - timedelta(minutes=1)
        async with h.person.get("/api/v1/sessions") as a:
            assert a.status == 200, "a visit renews it"
        hands.at += IDLE
        async with h.person.get("/api/v1/sessions") as a:
            assert a.status == 401


async def test_only_the_hash_of_a_cookie_is_stored(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        (cookie,) = [c.value for c in h.person.session.cookie_jar if c.key == "genba"]
        book = await asyncio.to_thread((tmp_path / "signins" / "book.json").read_text)
        assert len(cookie) >= 43
        assert cookie not in book


async def test_over_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    async with (
        house(tmp_path, base_url="https://genba.example") as h,
        h.nobody.get(h.once(), allow_redirects=False) as a,
    ):
        cookie = a.headers["Set-Cookie"]
    assert cookie.startswith("__Host-genba=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie


async def test_a_wrong_token_is_nobody_even_with_a_good_cookie(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        bad = {"Authorization": "Bearer nonsense"}
        async with h.person.get("/api/v1/sessions", headers=bad) as a:
            assert a.status == 401
            assert a.headers["WWW-Authenticate"].startswith("Bearer")


def test_keys_are_for_their_owner_alone_and_stay(tmp_path: Path) -> None:
    first = keys.key(tmp_path, "ticket")
    assert len(first) == keys.SIZE
    assert keys.key(tmp_path, "ticket") == first
    assert keys.key(tmp_path, "signin") != first
    token = keys.api_token(tmp_path)
    assert keys.api_token(tmp_path) == token
    for path in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_spoilt_key_is_named_not_replaced(tmp_path: Path) -> None:
    keys.key(tmp_path, "ticket")
    (tmp_path / "keys" / "ticket").write_text("zz")
    with pytest.raises(keys.KeyFileError, match="ticket holds no key"):
        keys.key(tmp_path, "ticket")
