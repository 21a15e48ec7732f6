"""The view of one publication: it knows which links were made by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from genba.api import View

if TYPE_CHECKING:
    from genba.session.publishing.link import SessionLink


class OwnView(View, Protocol):
    """An ``api.View`` that remembers; on the event loop."""

    made: list[SessionLink]

    def let_go(self) -> None:
        """End the links of an earlier epoch that were not asked for again."""
        ...
