"""The view in a Teams meeting, shown with Teams' own Share button: nothing to ask of a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.api import GuideStep, MeetingPublisher, hookimpl
from genba_teams.meeting import find_meeting

if TYPE_CHECKING:
    from genba.api import Publisher

GUIDE = (
    GuideStep("guide-join.svg", "guide.join"),
    GuideStep("guide-share.svg", "guide.share"),
    GuideStep("guide-window.svg", "guide.window"),
)


@hookimpl
def genba_publishers() -> list[Publisher]:
    """Offer Teams meetings."""
    return [MeetingPublisher("teams", find_meeting, icon="people", guide=GUIDE)]
