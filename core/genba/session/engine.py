"""The running parts that a session's cameras, viewers and archive share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genba.clock import Clock
    from genba.session.compositor.compositor import Compositor
    from genba.session.compositor.mixer import Mixer
    from genba.session.encoder.layers import Layers
    from genba.session.events import EventHub
    from genba.session.latency import Latency
    from genba.session.mediaclock import MediaClock
    from genba.session.peer.socket import PeerSocket
    from genba.session.taps import Taps
    from genba.wire.order import Order


@dataclass(frozen=True, slots=True)
class Engine:
    """Made and unmade by the session; whoever gets it uses the parts and ends none of them."""

    order: Order
    clock: Clock
    media: MediaClock
    socket: PeerSocket
    mixer: Mixer
    layers: Layers
    compositor: Compositor
    events: EventHub
    taps: Taps
    latency: Latency
