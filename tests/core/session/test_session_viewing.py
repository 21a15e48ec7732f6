"""What a viewer asks of its own link, by the session's routes."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

from PIL import Image

from genba.session import viewers as viewers_module
from genba.session.publishing import choice as choice_module
from genba.wire.order import ViewOrder
from genba.wire.ticket import TicketKind
from tests.kit.desk import desk
from tests.kit.rtc import Viewer
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.kit.desk import Desk

VIEW = ViewOrder(fps=10)


async def ask(
    session: Desk, bearer: str, *, put: object = None, link: str = ""
) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {bearer}"}
    path = f"{link or session.links[bearer][0]}/quality"
    if put is None:
        async with session.client.get(path, headers=headers) as answer:
            return answer.status, await answer.json()
    async with session.client.put(path, headers=headers, json=put) as answer:
        return answer.status, await answer.json()


async def test_a_viewer_says_what_it_wants_and_hears_what_it_gets(tmp_path: Path) -> None:
    async with desk(tmp_path, view=VIEW) as session:
        bearer = session.ticket(TicketKind.DESK, name="田中")
        async with Viewer(session.answer("/whep", bearer), ["H264"], audio=False) as viewer:
            await viewer.seen(pictures=2)
            assert await ask(session, bearer) == (
                200,
                {
                    "wish": "auto",
                    "quality": "standard",
                    "lines": 720,
                    "highest": 1080,
                    "shed": None,
                },
            )
            status, told = await ask(session, bearer, put={"quality": "low"})
            assert (status, told["wish"]) == (200, "low")
            await until(lambda: viewer.picture is not None and viewer.picture.height == 360)
            state = await session.until(
                lambda s: [c["quality"] for c in s["connections"]] == ["low"]
            )
            assert state["connections"][0]["shed"] is None
            wrongs: tuple[object, ...] = (
                {"quality": "best"},
                {},
                [],
                {"quality": "low", "more": 1},
            )
            for wrong in wrongs:
                status, problem = await ask(session, bearer, put=wrong)
                assert (status, problem["code"]) == (400, "request.invalid")
            status, problem = await ask(session, bearer, put={"quality": "low" + " " * 2000})
            assert (status, problem["code"]) == (413, "request.too_large")


async def test_an_offer_says_what_it_wants_in_its_address(tmp_path: Path) -> None:
    async with desk(tmp_path, view=VIEW) as session:
        for number, (query, wish, lines) in enumerate(
            [("?quality=low", "low", 360), ("?narrow=1", "auto", 360), ("?quality=x", "auto", 720)]
        ):
            bearer = session.ticket(TicketKind.GUEST if number == 9 else TicketKind.DESK)
            async with Viewer(
                session.answer(f"/whep{query}", bearer), ["H264"], audio=False
            ) as viewer:
                await viewer.seen(pictures=1)
                _, told = await ask(session, bearer)
                assert (told["wish"], told["lines"]) == (wish, lines)


async def test_the_highest_is_what_the_order_allows(tmp_path: Path) -> None:
    view = VIEW.model_copy(update={"highest": 720})
    async with desk(tmp_path, view=view) as session:
        bearer = session.ticket(TicketKind.DESK)
        async with Viewer(session.answer("/whep?quality=high", bearer), audio=False) as viewer:
            await viewer.seen(pictures=1)
            _, told = await ask(session, bearer)
            assert (told["quality"], told["highest"]) == ("standard", 720)


async def test_a_link_is_its_bearer_s_alone_and_a_camera_s_has_no_picture(tmp_path: Path) -> None:
    async with desk(tmp_path, view=VIEW) as session:
        mine, other = session.ticket(TicketKind.DESK, id="a"), session.ticket(TicketKind.DESK)
        camera = session.ticket(TicketKind.CAMERA)
        async with (
            Viewer(session.answer("/whep", mine), audio=False),
            Viewer(session.answer("/whep", camera), video=False),
        ):
            link = session.links[mine][0]
            for put in (None, {"quality": "low"}):
                status, problem = await ask(session, other, put=put, link=link)
                assert (status, problem["code"]) == (404, "link.unknown")
                status, problem = await ask(session, camera, put=put)
                assert (status, problem["code"]) == (400, "request.invalid")


async def test_one_whose_lowest_fails_is_shed_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SETTLE", "DOWN_AFTER", "SHED_AFTER"):
        monkeypatch.setattr(choice_module, name, 0.1)
    monkeypatch.setattr(choice_module, "BACK_AFTER", 0.5)
    monkeypatch.setattr(choice_module, "LOWEST_NARROW", 1000)  # whatever it says is too little
    monkeypatch.setattr(viewers_module, "LOOK", 0.05)
    async with desk(tmp_path, view=VIEW) as session:
        bearer = session.ticket(TicketKind.DESK)
        answer = session.answer("/whep?quality=low", bearer)
        async with Viewer(answer, ["H264"], audio=False) as viewer:
            await viewer.seen(pictures=1)
            state = await session.until(lambda s: any(c["shed"] for c in s["connections"]))
            assert state["connections"][0]["quality"] is None
            _, told = await ask(session, bearer)
            assert (told["quality"], told["lines"], told["shed"]) == (None, 0, "narrow")
            shown = viewer.pictures
            monkeypatch.setattr(choice_module, "LOWEST_NARROW", 0)
            await viewer.seen(pictures=shown + 3)
            _, told = await ask(session, bearer)
            assert (told["quality"], told["shed"]) == ("low", None)


async def test_the_view_comes_as_single_pictures_too(tmp_path: Path) -> None:
    async with desk(tmp_path, view=VIEW) as session:

        async def picture(kind: TicketKind) -> tuple[int, bytes]:
            headers = {"Authorization": f"Bearer {session.ticket(kind)}"}
            async with session.client.get("/whep/picture", headers=headers) as answer:
                if answer.status == 200:
                    assert answer.content_type == "image/jpeg"
                    assert answer.headers["Cache-Control"] == "no-store"
                return answer.status, await answer.read()

        found = await asyncio.gather(*(picture(TicketKind.DESK) for _ in range(5)))
        assert {status for status, _ in found} == {200}
        assert len({data for _, data in found}) == 1  # one encoding for all of them
        with Image.open(io.BytesIO(found[0][1])) as image:
            assert image.size == (640, 360)
        assert (await picture(TicketKind.CAMERA))[0] == 401
        assert (await picture(TicketKind.GUEST))[0] in (404, 410)  # a link that nobody made
