"""Pages: what every answer says to the browser, languages, escaping, static files."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from genba.plugins import Plugins
from genba.server.http.pages import script_json
from genba.server.http.shown import length, moment, size
from genba.wire.ticket import TicketKind
from tests.core.server.test_recordings import keep
from tests.kit.house import house
from tests.kit.orders import ticket

if TYPE_CHECKING:
    from pathlib import Path

    import aiohttp

    from tests.kit.house import House

EVIL = "</script><img src=x onerror=alert(1)>"


def hearing() -> Plugins:
    plugins = Plugins()
    plugins.load(found=[EntryPoint("hearing", "tests.kit.hearingplugin", "genba")])
    return plugins


def check_headers(answer: aiohttp.ClientResponse) -> None:
    policy = dict(
        part.strip().partition(" ")[::2]
        for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert "unsafe" not in str(policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "camera=(self)" in answer.headers["Permissions-Policy"]
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(answer.headers["X-Request-Id"]) == 16
    assert "Server" not in answer.headers


async def pages(h: House) -> dict[str, int]:
    session = await h.open(EVIL)
    return {
        "/": 200,
        f"/s/{session}": 200,
        "/j": 200,
        "/j/1234-5678": 200,
        "/recordings": 200,
        "/recordings/r1": 200,
        "/nowhere": 404,
        "/recordings/none": 404,
        "/enter/x": 404,
        "/healthz": 200,
        "/api/v1/openapi.json": 200,
        "/api/v1/none": 404,
        "/static/js/api.js": 200,
        "/static/none.js": 404,
        "/favicon.ico": 200,
        "/plugins/hearing/static/none.js": 404,
    }


@pytest.mark.parametrize("lang", ["ja", "en"])
async def test_every_page_in_both_languages(tmp_path: Path, lang: str) -> None:
    keep(tmp_path, "r1", session_name=EVIL)
    async with house(tmp_path, plugins=hearing()) as h:
        for path, status in (await pages(h)).items():
            async with h.person.get(path, headers={"Accept-Language": lang}) as answer:
                text = await answer.text()
                assert answer.status == status, f"{path}: {text}"
                check_headers(answer)
                if answer.content_type == "text/html":
                    assert f'<html lang="{lang}"' in text
                    assert answer.headers["Content-Language"] == lang
                    assert answer.headers["Cache-Control"] == "no-store"
                    assert EVIL not in text
                    for name in ("catalogue", "boot"):
                        block = re.search(rf'id="{name}">(.*?)</script>', text, re.DOTALL)
                        assert block is not None
                        json.loads(block[1])
                    assert not re.search(r"\sstyle=|\son\w+=\"|<script(?![^>]*(src|json))", text)


async def test_nobody_sees_the_sign_in_page(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        for path in ("/", f"/s/{session}", "/recordings"):
            async with h.nobody.get(path) as answer:
                assert answer.status == 401
                assert "genba signin" in await answer.text()
                check_headers(answer)
        for path in ("/j", "/j/12345678"):
            async with h.nobody.get(path) as answer:
                assert answer.status == 200


async def test_a_console_of_an_ended_session_says_so(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        async with h.program.delete(f"/api/v1/sessions/{session}") as answer:
            assert answer.status == 204
        async with h.person.get(f"/s/{session}") as answer:
            assert answer.status == 410
            assert "session.ended" in await answer.text()


@pytest.mark.parametrize(
    ("query", "accept", "lang"),
    [
        ("?lang=en", "ja", "en"),
        ("?lang=xx", "en", "en"),
        ("", "en-GB,ja;q=0.5", "en"),
        ("", "ja;q=0.2,en;q=0.9", "en"),
        ("", "fr,de", "ja"),
        ("", "en;q=x", "ja"),
        ("", "", "ja"),
    ],
)
async def test_the_language(tmp_path: Path, query: str, accept: str, lang: str) -> None:
    async with house(tmp_path) as h:
        async with h.nobody.get(f"/j{query}", headers={"Accept-Language": accept}) as answer:
            assert f'<html lang="{lang}"' in await answer.text()
        if query == "?lang=en":
            async with h.nobody.get("/j", headers={"Accept-Language": "ja"}) as answer:
                assert '<html lang="en"' in await answer.text(), "the choice is remembered"


async def test_what_breaks_is_a_page_with_a_number_and_no_more(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path) as h:

        async def broken(_: str) -> list[object]:
            raise RuntimeError("a secret")

        h.services.media.all = broken  # type: ignore[method-assign,assignment]
        for path in ("/recordings", "/api/v1/recordings"):
            async with h.person.get(path) as answer:
                text = await answer.text()
                assert answer.status == 500
                assert answer.headers["X-Request-Id"] in text
                assert "secret" not in text
                assert "Traceback" not in text
                assert answer.headers["X-Request-Id"] in caplog.text


async def test_static_files_are_asked_for_again_and_not_sent_again(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        async with h.nobody.get("/static/js/api.js") as answer:
            assert answer.content_type == "text/javascript"
            assert answer.headers["Cache-Control"] == "no-cache"
            tag = answer.headers["ETag"]
        async with h.nobody.get("/static/js/api.js", headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304
        async with h.nobody.get("/static/vendor/icons.svg") as answer:
            assert answer.headers["Cache-Control"].startswith("public, max-age=")
        for path in ("..%2Ftemplates%2Fbase.html", "../templates/base.html", "js", "js/%2e%2e/x"):
            async with h.nobody.get(f"/static/{path}") as answer:
                assert answer.status == 404


async def test_the_log_holds_no_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with house(tmp_path, plugins=hearing()) as h:
        session = await h.open()
        link = h.once()
        guest = ticket(TicketKind.GUEST, session)
        made = await h.post(f"/sessions/{session}/invitations")
        for path in (link, f"/v/{guest}", f"/j/{made['code']}", "/nowhere/secret"):
            async with h.nobody.get(path, allow_redirects=False):
                pass
        code, own = {"code": made["code"]}, {"Origin": h.origin}
        async with h.nobody.post("/api/v1/join", json=code, headers=own) as answer:
            joined = await answer.json()
        secrets = [link[7:], guest, made["code"], joined["token"], h.services.api_token, "/secret"]
        # aiohttp's own access log is the test server's; ours runs without it
        said = "\n".join(r.getMessage() for r in caplog.records if r.name != "aiohttp.access")
        assert "GET /enter/{once} 303" in said
        assert not [secret for secret in secrets if secret in said]


async def test_a_plugins_pages(tmp_path: Path) -> None:
    async with house(tmp_path, plugins=hearing()) as h:
        session = await h.open()
        async with h.nobody.get("/plugins/hearing/page") as answer:
            assert answer.status == 200
            assert "&lt;b&gt;" in await answer.text()
            policy = answer.headers["Content-Security-Policy"]
            assert "frame-ancestors https://teams.microsoft.com" in policy
            assert "X-Frame-Options" not in answer.headers
        async with h.nobody.post("/plugins/hearing/act", json={"a": 1}) as answer:
            assert answer.status == 401
        async with h.person.post("/plugins/hearing/act", json={"a": 1}) as answer:
            assert answer.status == 403, "no Origin"
        async with h.program.post("/plugins/hearing/act", json={"a": 1}) as answer:
            assert await answer.json() == {"a": 1}
        h.worker(session).links["g1"] = {"title": "題", "purpose": "browser"}
        good = ticket(TicketKind.GUEST, session, id="g1")
        async with h.nobody.get(f"/v/{good}") as answer:
            assert await answer.json() == {"title": "題", "id": "g1"}
        for bad, status in (
            (ticket(TicketKind.GUEST, session, id="revoked"), 410),
            (ticket(TicketKind.DESK, session, id="g1"), 401),
            (ticket(TicketKind.GUEST, "gone", id="g1"), 410),
            ("nonsense", 401),
        ):
            async with h.nobody.get(f"/v/{bad}") as answer:
                assert answer.status == status
                assert answer.content_type == "text/html"


async def test_a_second_claim_on_links_is_named(tmp_path: Path) -> None:
    plugins = Plugins()
    plugins.load(
        found=[
            EntryPoint("aaa", "tests.kit.hearingplugin", "genba"),
            EntryPoint("browser", "genba_browser", "genba"),
        ]
    )
    async with house(tmp_path, plugins=plugins) as h:
        async with h.nobody.get("/readyz") as answer:
            assert answer.status == 200
            assert (await answer.json())["plugins"] == {"aaa": "ok", "browser": "broken"}
        async with h.program.get("/readyz") as answer:
            said = await answer.json()
        assert "claimed by plugin aaa" in said["plugins"]["browser"]
        assert said["checks"]["aaa.good"]["grade"] == "good"
        assert said["checks"]["aaa.bad"] == {"grade": "bad", "what": "OSError: gone", "cure": ""}


async def test_the_guest_page_of_the_browser_plugin(tmp_path: Path) -> None:
    plugins = Plugins()
    await asyncio.to_thread(plugins.load)
    async with house(tmp_path, plugins=plugins) as h:
        session = await h.open()
        h.worker(session).links["g1"] = {"title": EVIL, "purpose": "browser"}
        good = ticket(TicketKind.GUEST, session, id="g1")
        text = ""
        for query in ("", "?clean=1"):
            async with h.nobody.get(f"/v/{good}{query}") as answer:
                text = await answer.text()
                assert answer.status == 200, text
                assert EVIL not in text
                check_headers(answer)
        said = await h.get("/publishers")
        assert {p["kind"] for p in said["publishers"]} >= {"browser", "teams", "zoom"}
        texts = re.search(r'id="catalogue">(.*?)</script>', text, re.DOTALL)
        assert texts is not None
        catalogue = json.loads(texts[1])
        for publisher in said["publishers"]:
            assert publisher["label"] in catalogue
            for step in publisher["guide"]:
                assert step["text"] in catalogue
                async with h.nobody.get(step["picture"]) as answer:
                    assert answer.status == 200, step["picture"]


def test_json_in_a_script_block_cannot_leave_it() -> None:
    text = script_json({"x": "</script><!--\u2028&"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"x": "</script><!--\u2028&"}


def test_figures_as_people_read_them() -> None:
    at = datetime(2026, 11, 24, 15, 5, tzinfo=UTC)
    assert moment(at, "ja") == "2026年11月25日 00:05"
    assert moment(at, "en") == "25 Nov 2026, 00:05 JST"
    assert (length(0), length(83.9), length(3723)) == ("0:00", "1:23", "1:02:03")
    assert (size(999), size(12_345), size(12_345_678)) == ("999 B", "12 KB", "12.3 MB")
