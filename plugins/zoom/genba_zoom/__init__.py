"""The view in a Zoom meeting, shown with Zoom's own Share button: nothing to ask of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.api import GuideStep, MeetingPublisher, hookimpl
from genba_zoom.meeting import find_meeting

if TYPE_CHECKING:
    from genba.api import Publisher

GUIDE = (
    GuideStep("guide-join.svg", "guide.join"),
    GuideStep("guide-share.svg", "guide.share"),
    GuideStep("guide-window.svg", "guide.window"),
)


@hookimpl
def genba_publishers() -> list[Publisher]:
    """Offer Zoom meetings."""
    return [MeetingPublisher("zoom", find_meeting, icon="camera", guide=GUIDE)]
