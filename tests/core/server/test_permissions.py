"""Who may do what: deny by default, on every route."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from genba.server.http.api.openapi import plain_path
from genba.server.http.route import TABLE, Route, Table, UnguardedRouteError, add
from genba.server.identity.actor import NOBODY, Actor, ActorKind, operator
from genba.server.identity.permissions import PERMISSIONS, Action, Thing, allows
from tests.kit.house import house

if TYPE_CHECKING:
    from tests.kit.house import House

PUBLIC = {action for action, who in PERMISSIONS.items() if ActorKind.NOBODY in who}
DOCS = Path(__file__).parents[3] / "docs"
EXAMPLE = {
    "session": "s" * 16,
    "recording": "r" * 16,
    "still": "t" * 16,
    "invitation": "i" * 16,
    "publication": "p" * 16,
    "link": "s.l",
    "n": "1",
}


def addresses(h: House) -> list[tuple[str, str, Route]]:
    """Return method, a path that matches, and the row, for every route there is."""
    found = []
    for (method, pattern), row in h.app[TABLE].rows.items():
        path = re.sub(r"\{(\w+)\}", lambda m: EXAMPLE.get(m[1], "x"), plain_path(pattern))
        found.append((method, path, row))
    return found


async def test_nobody_gets_nothing_that_is_not_public(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        tried = 0
        for method, path, row in addresses(h):
            if row.action in PUBLIC:
                continue
            async with h.nobody.request(method, path, json={}) as answer:
                assert answer.status in (401, 404), f"{method} {path}: {answer.status}"
                assert answer.status == 401 or row.by == "ticket", f"{method} {path}"
            tried += 1
        assert tried > 30


async def test_a_forged_sign_in_is_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for method, path, row in addresses(h):
            if row.action in PUBLIC or row.by != "person":
                continue
            async with h.nobody.request(method, path, cookies={"genba": "x" * 43}) as answer:
                assert answer.status == 401, f"{method} {path}"


async def test_missing_things_look_alike_on_every_route(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for method, path, row in addresses(h):
            if row.by != "person" or not any(name * 16 in path for name in "srti"):
                continue
            async with h.program.request(method, path, json={}) as answer:
                assert answer.status == 404, f"{method} {path}: {answer.status}"


async def test_another_groups_session_looks_like_none(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        record = h.services.desk.find(session)
        assert record is not None
        record.group = "other"
        for method, path, row in addresses(h):
            if row.by != "person" or "s" * 16 not in path:
                continue
            foreign = path.replace("s" * 16, session)
            async with (
                h.program.request(method, foreign, json={}) as one,
                h.program.request(method, path, json={}) as none,
            ):
                assert one.status == none.status == 404, f"{method} {path}"
                if "json" in one.content_type:
                    first, second = await one.json(), await none.json()
                    assert {**first, "request_id": ""} == {**second, "request_id": ""}


def test_an_action_without_a_row_is_refused_to_everybody() -> None:
    for kind in ActorKind:
        actor = Actor(kind, group="local", session="s")
        assert not allows(actor, "made.up", Thing(session="s"))  # type: ignore[arg-type]


def test_a_bearer_acts_in_its_own_session_alone() -> None:
    for kind in (ActorKind.DESK, ActorKind.CAMERA, ActorKind.GUEST):
        actor = Actor(kind, session="mine", id="x")
        for action, who in PERMISSIONS.items():
            if ActorKind.NOBODY in who:
                continue
            assert allows(actor, action, Thing(session="mine")) is (kind in who)
            assert not allows(actor, action, Thing(session="other"))
            assert not allows(actor, action)


def test_a_person_acts_in_their_own_group_alone() -> None:
    person = operator(ambient=True)
    assert allows(person, Action.SESSION_END, Thing("local", "s"))
    assert not allows(person, Action.SESSION_END, Thing("other", "s"))
    assert not allows(Actor(ActorKind.OPERATOR), Action.SESSION_END, Thing("", "s"))
    assert not allows(NOBODY, Action.SESSION_END, Thing("local", "s"))


def test_every_action_has_a_row() -> None:
    assert set(PERMISSIONS) == set(Action)


def test_a_route_without_an_action_stops_the_start() -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app[TABLE] = Table()
    add(app, [Route("GET", "/good", Action.HEALTH, page)])
    app[TABLE].check(app)
    app.router.add_get("/open", page)
    with pytest.raises(UnguardedRouteError, match="/open has no action"):
        app[TABLE].check(app)


async def test_the_application_checks_its_routes_at_start(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        h.app[TABLE].check(h.app)
        row = h.app[TABLE].rows.pop(("GET", "/recordings"))
        with pytest.raises(UnguardedRouteError):
            h.app[TABLE].check(h.app)
        assert row.action is Action.RECORDING_READ


def test_the_document_is_the_table() -> None:
    rows = re.findall(
        r"^\| `([a-z.]+)` \|(.*)\|$", (DOCS / "permissions.md").read_text(), re.MULTILINE
    )
    said = {
        action: {
            kind
            for kind, cell in zip(ActorKind, cells.split("|"), strict=False)
            if cell.strip() == "yes"
        }
        for action, cells in rows
        if action not in set(ActorKind)
    }
    assert said == {action.value: set(who) for action, who in PERMISSIONS.items()}
