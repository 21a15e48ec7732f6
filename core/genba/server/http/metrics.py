"""``/metrics``: how the server and every session do, for Prometheus. docs/metrics.md names each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from genba.server.http.route import Route
from genba.server.identity.permissions import Action
from genba.wire.state import CameraState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client.core import Metric

    from genba.server.desk.desk import Desk
    from genba.server.desk.totals import Sums
    from genba.wire.state import Figures, SessionState, Slot

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)  # seconds; the API's goal is 0.2
_PER_SESSION: tuple[tuple[str, str, Callable[[Figures], float]], ...] = (
    ("fps", "Pictures a second of the view.", lambda f: f.fps),
    ("memory_bytes", "Resident memory of the session process.", lambda f: f.memory_mb * 2**20),
    ("encoder_bits_per_second", "Bit rate of the view.", lambda f: f.encoder_kbps * 1000),
    ("viewers", "Links that show the view.", lambda f: f.viewers),
    ("looks", "Links that show one camera, passed through.", lambda f: f.looks),
)
_PER_CAMERA: tuple[tuple[str, str, Callable[[Slot], float]], ...] = (
    ("fps", "Pictures a second that are decoded.", lambda s: s.fps),
    ("bits_per_second", "Bit rate that arrives.", lambda s: s.kbps * 1000),
    ("loss_ratio", "Share of packets lost before any were sent again.", lambda s: s.loss),
    ("rtt_seconds", "Round trip to the camera.", lambda s: (s.rtt_ms or 0) / 1000),
)


class Metrics:
    """One registry an application: two servers in one process count apart."""

    def __init__(self, desk: Desk) -> None:
        """Count what ``desk`` knows, and the requests that it is told of."""
        self._desk = desk
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "genba_http_request_seconds",
            "Time that requests took, WebSockets left out.",
            ["method", "route", "status"],
            registry=self._registry,
            buckets=_BOUNDS,
        )
        ProcessCollector(registry=self._registry)
        self._sessions = _Sessions()
        self._registry.register(self._sessions)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; ``route`` is a pattern, so that there are few."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    async def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        states = [self._desk.state(record.id) for record in self._desk.running()]
        self._sessions.states = [state for state in states if state is not None]
        self._sessions.sums = self._desk.totals.sums()
        return await asyncio.to_thread(generate_latest, self._registry)


class _Sessions:
    """The sessions as they were last told of."""

    states: list[SessionState]
    sums: Sums

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "genba_sessions", "Sessions that run.", value=float(len(self.states))
        )
        cameras = GaugeMetricFamily("genba_cameras", "Camera slots by state.", labels=["state"])
        for state in CameraState:
            taken = sum(slot.state is state for s in self.states for slot in s.slots)
            cameras.add_metric([state.value], taken)
        yield cameras
        recording = sum(state.recording.running for state in self.states)
        yield GaugeMetricFamily("genba_recordings", "Recordings that run.", value=recording)
        yield from self._each_session()
        yield from self._each_camera()
        yield from _sums(self.sums)

    def _each_session(self) -> Iterable[Metric]:
        for name, what, value in _PER_SESSION:
            family = GaugeMetricFamily(f"genba_session_{name}", what, labels=["session"])
            for state in self.states:
                family.add_metric([state.session], value(state.figures))
            yield family

        cpu = CounterMetricFamily(
            "genba_session_cpu_seconds",
            "Processor time of the session process, by group of threads.",
            labels=["session", "group"],
        )
        for state in self.states:
            for group, seconds in state.figures.cpu_seconds.items():
                cpu.add_metric([state.session, group], seconds)
        yield cpu
        stages = GaugeMetricFamily(
            "genba_session_stage_seconds",
            "Time of pictures on one part of their way, over five seconds.",
            labels=["session", "stage", "of"],
        )
        for state in self.states:
            for stage, spread in state.figures.latency.items():
                for of, milliseconds in (("mean", spread.mean_ms), ("p95", spread.p95_ms)):
                    stages.add_metric([state.session, stage.value, of], milliseconds / 1000)
        yield stages

    def _each_camera(self) -> Iterable[Metric]:
        for name, what, value in _PER_CAMERA:
            family = GaugeMetricFamily(f"genba_camera_{name}", what, labels=["session", "slot"])
            for state in self.states:
                for slot in state.slots:
                    if slot.state is not CameraState.EMPTY:
                        family.add_metric([state.session, str(slot.n)], value(slot))
            yield family


def _sums(sums: Sums) -> Iterator[Metric]:
    """Yield what only grows; "refused" and "failed" are the decoder's other ways to lose one."""
    counts = sums.counts
    yield CounterMetricFamily("genba_view_ticks", "Pictures of all views.", value=sums.ticks)
    yield CounterMetricFamily(
        "genba_view_late_ticks", "Pictures of views left out for being late.", value=sums.late_ticks
    )
    yield CounterMetricFamily("genba_view_keys", "Key pictures encoded.", value=sums.key_frames)
    dropped = CounterMetricFamily(
        "genba_dropped", "What was dropped, by the queue or check that did.", labels=["queue"]
    )
    packets = CounterMetricFamily(
        "genba_packets", "RTP packets, by what happened.", labels=["what"]
    )
    keys = CounterMetricFamily(
        "genba_key_requests", "Requests for key pictures, by direction.", labels=["direction"]
    )
    sound = CounterMetricFamily(
        "genba_sound_blocks", "Blocks of 20 ms made up for lost sound.", labels=["what"]
    )
    families = {"packets": packets, "keys": keys, "sound": sound}
    for field, value in counts:
        first, _, rest = field.partition("_")
        family = families.get(first)
        if family is not None:
            family.add_metric([rest], value)
        else:
            dropped.add_metric([first if rest == "dropped" else field], value)
    yield from (dropped, packets, keys, sound)


METRICS: web.AppKey[Metrics] = web.AppKey("genba.metrics", Metrics)


async def metrics(request: web.Request) -> web.Response:
    """Answer Prometheus, which brings the API token of an operator."""
    body = await request.app[METRICS].text()
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def routes() -> list[Route]:
    """Return the row."""
    return [Route("GET", "/metrics", Action.METRICS, metrics)]
