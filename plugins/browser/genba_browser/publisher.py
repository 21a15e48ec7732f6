"""The publisher whose publication is a ticket: whoever has the link sees the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.api import MINUTES, PublisherInfo, link_publication

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from genba.api import Destination, Publication, View

KIND = "browser"


class BrowserPublisher:
    """Guests need a link and nothing else: no login, no app, no meeting."""

    info = PublisherInfo(KIND, label="kind", icon="link", fields=(MINUTES,))

    def recognises(self, destination: Destination) -> bool:  # noqa: ARG002 (the protocol's name)
        """Say no: a pasted link is always somebody else's meeting."""
        return False

    def publish(
        self, view: View, destination: Destination
    ) -> AbstractAsyncContextManager[Publication]:
        """Hand out a link; on air for as long as a guest sees frames."""
        return link_publication(view, KIND, destination)
