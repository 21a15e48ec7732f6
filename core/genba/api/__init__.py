"""All that a plugin may import.

The names here are Genba's promise to plugins: they change only with a note in the changelog.
This package imports nothing of the rest of Genba.
"""

from genba.api.check import Check, Finding, Grade
from genba.api.errors import PluginUnavailableError, PublishError
from genba.api.events import CameraInfo, EndReason, RecordingInfo, SessionInfo
from genba.api.hookspecs import hookimpl
from genba.api.job import Job
from genba.api.linkpublication import MINUTES, LinkPublication, lifetime, link_publication
from genba.api.meetingpublisher import MeetingPublisher
from genba.api.packet import Packet
from genba.api.pages import PAGES, Pages
from genba.api.pastedlink import pasted_links
from genba.api.publisher import (
    Destination,
    Field,
    GuideStep,
    Layer,
    Link,
    Publication,
    PublicationState,
    Publisher,
    PublisherInfo,
    View,
)
from genba.api.setting import Setting

__all__ = [
    "MINUTES",
    "PAGES",
    "CameraInfo",
    "Check",
    "Destination",
    "EndReason",
    "Field",
    "Finding",
    "Grade",
    "GuideStep",
    "Job",
    "Layer",
    "Link",
    "LinkPublication",
    "MeetingPublisher",
    "Packet",
    "Pages",
    "PluginUnavailableError",
    "Publication",
    "PublicationState",
    "PublishError",
    "Publisher",
    "PublisherInfo",
    "RecordingInfo",
    "SessionInfo",
    "Setting",
    "View",
    "hookimpl",
    "lifetime",
    "link_publication",
    "pasted_links",
]
