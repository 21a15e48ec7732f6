"""What Prometheus is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from genba.api import EndReason
from genba.server.desk.totals import Totals
from genba.wire.counts import Counts
from genba.wire.latency import Spread, Stage
from genba.wire.state import CameraState, Figures, Slot
from tests.kit.house import house
from tests.kit.repo import ROOT
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

    from prometheus_client import Metric

    from tests.kit.house import House


async def _read(h: House) -> dict[str, Metric]:
    async with h.program.get("/metrics") as answer:
        assert answer.status == 200
        text = await answer.text()
    return {family.name: family for family in text_string_to_metric_families(text)}


def _value(families: dict[str, Metric], name: str, **labels: str) -> float:
    found = [
        sample.value
        for family in families.values()
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    assert len(found) == 1, (name, labels, found)
    return float(found[0])


async def _tell(h: House, session: str, figures: Figures, **more: object) -> None:
    worker = h.worker(session)
    worker.state = worker.state.model_copy(update={"figures": figures, **more})
    await worker.tell()
    await until(lambda: (h.services.desk.state(session) or worker.state).figures == figures)


async def test_a_session_is_seen_while_it_runs_and_its_sums_after(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        await until(lambda: h.services.desk.state(session) is not None)
        figures = Figures(
            fps=29.9,
            ticks=900,
            late_ticks=3,
            memory_mb=200,
            viewers=2,
            looks=1,
            latency={Stage.SLOT: Spread(mean_ms=17.0, p95_ms=32.5)},
            counts=Counts(socket_dropped=7, decoder_refused=2, keys_to_cameras=5, sound_silent=1),
        )
        slots = [
            Slot(n=1, state=CameraState.LIVE, fps=24.5, kbps=1800, loss=0.02, rtt_ms=80),
            *(Slot(n=n) for n in (2, 3, 4)),
        ]
        await _tell(h, session, figures, slots=slots)
        seen = await _read(h)
        assert _value(seen, "genba_sessions") == 1
        assert _value(seen, "genba_cameras", state="live") == 1
        assert _value(seen, "genba_cameras", state="empty") == 3
        assert _value(seen, "genba_session_fps", session=session) == 29.9
        assert _value(seen, "genba_session_memory_bytes", session=session) == 200 * 2**20
        assert _value(seen, "genba_session_looks", session=session) == 1
        slot = {"session": session, "stage": "slot"}
        assert _value(seen, "genba_session_stage_seconds", **slot, of="mean") == 0.017
        assert _value(seen, "genba_session_stage_seconds", **slot, of="p95") == 0.0325
        assert _value(seen, "genba_camera_loss_ratio", session=session, slot="1") == 0.02
        assert _value(seen, "genba_camera_rtt_seconds", slot="1") == 0.08
        assert _value(seen, "genba_view_late_ticks_total") == 3
        assert _value(seen, "genba_dropped_total", queue="socket") == 7
        assert _value(seen, "genba_dropped_total", queue="decoder_refused") == 2
        assert _value(seen, "genba_key_requests_total", direction="to_cameras") == 5
        assert _value(seen, "genba_sound_blocks_total", what="silent") == 1
        created = {"route": "/api/v1/sessions", "method": "POST", "status": "201"}
        assert _value(seen, "genba_http_request_seconds_count", **created) == 1

        await h.worker(session).end(EndReason.STOPPED)
        await until(lambda: h.services.desk.ended(session))
        seen = await _read(h)
        assert _value(seen, "genba_sessions") == 0
        assert not seen["genba_session_fps"].samples
        assert _value(seen, "genba_view_ticks_total") == 900
        assert _value(seen, "genba_dropped_total", queue="socket") == 7


async def test_only_an_operator_reads_them(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        async with h.nobody.get("/metrics") as answer:
            assert answer.status == 401
        async with h.person.get("/metrics") as answer:
            assert answer.status == 200


async def test_no_name_and_no_secret_is_in_them(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.open("第2工場の漏水")
        async with h.program.get("/metrics") as answer:
            text = await answer.text()
        assert "漏水" not in text
        assert h.services.api_token not in text
        assert "/{" in text, "routes are patterns"


async def test_each_metric_is_explained_and_each_explained_one_is_there(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        seen = await _read(h)
    documented = set(
        re.findall(
            r"^\| `(genba_\w+)`", (ROOT / "docs/metrics.md").read_text("utf-8"), re.MULTILINE
        )
    )
    real = {
        f"{name}_total" if family.type == "counter" else name
        for name, family in seen.items()
        if name.startswith("genba_") and not name.endswith("_created")
    }
    assert real == documented
    dropped = {sample.labels["queue"] for sample in seen["genba_dropped"].samples}
    page = (ROOT / "docs/metrics.md").read_text("utf-8")
    assert all(f"`{queue}`" in page for queue in dropped)


async def test_two_servers_in_one_process_count_apart(tmp_path: Path) -> None:
    async with house(tmp_path / "a") as a, house(tmp_path / "b") as b:
        await a.open()
        await until(lambda: bool(a.services.desk.running()))
        assert _value(await _read(b), "genba_sessions") == 0


async def test_sums_never_fall_when_a_process_comes_back(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        state = h.worker(session).state
    totals = Totals()
    totals.see(state.model_copy(update={"figures": Figures(ticks=100)}))
    totals.see(state.model_copy(update={"figures": Figures(ticks=150)}))
    assert totals.sums().ticks == 150
    totals.see(state.model_copy(update={"epoch": 2, "figures": Figures(ticks=5)}))
    assert totals.sums().ticks == 155
    totals.ended(session)
    totals.ended(session)
    assert totals.sums().ticks == 155
