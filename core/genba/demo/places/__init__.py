"""The four places that the demo's cameras film, by the name that people give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.demo.places.dock import dock
from genba.demo.places.panel import panel
from genba.demo.places.pumproom import pump_room
from genba.demo.places.roof import roof

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.demo.place import Place

PLACES: dict[str, Callable[[str], Place]] = {
    "ポンプ室": pump_room,
    "制御盤": panel,
    "屋上": roof,
    "搬入口": dock,
}

__all__ = ["PLACES"]
