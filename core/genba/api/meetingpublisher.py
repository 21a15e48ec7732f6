"""A publisher of meetings whose own Share button shows a window of ours."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from genba.api.errors import PublishError
from genba.api.linkpublication import MINUTES, link_publication
from genba.api.publisher import Field, PublisherInfo

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from genba.api.publisher import Destination, GuideStep, Publication, View

MEETING = Field("meeting", "meeting", "meeting", required=True)


class MeetingPublisher:
    """Opens the meeting in its own client and beside it the window to share there.

    It asks nothing of the meeting's service. The plugin's locales have ``kind``, ``meeting``,
    ``meeting.unknown``, ``minutes``, ``minutes.wrong`` and the texts of the guide.
    """

    def __init__(
        self,
        kind: str,
        find_meeting: Callable[[str], str | None],
        *,
        icon: str,
        guide: tuple[GuideStep, ...],
    ) -> None:
        """Take what returns the meeting's link in a pasted text, or None: pure and quick."""
        self.info = PublisherInfo(kind, "kind", icon, (MEETING, MINUTES), guide)
        self._find = find_meeting

    def recognises(self, destination: Destination) -> bool:
        """Say whether a link to such a meeting was pasted."""
        return self._find(_pasted(destination)) is not None

    @asynccontextmanager
    async def publish(
        self, view: View, destination: Destination
    ) -> AsyncGenerator[Publication, None]:
        """Make the window's link; on air for as long as the window shows frames.

        Raises PublishError ``destination.unknown`` without a link to such a meeting.
        """
        meeting = self._find(_pasted(destination))
        if meeting is None:
            raise PublishError("destination.unknown", "meeting.unknown")
        async with link_publication(
            view, self.info.kind, destination, meeting_url=meeting
        ) as publication:
            yield publication


def _pasted(destination: Destination) -> str:
    return destination.options.get(MEETING.name) or destination.text
