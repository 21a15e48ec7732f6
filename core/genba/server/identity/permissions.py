"""The one function that says who may do what; docs/permissions.md is this table as text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from genba.server.identity.actor import ActorKind

if TYPE_CHECKING:
    from genba.server.identity.actor import Actor


class Action(StrEnum):
    """Everything that can be asked of the web process."""

    STATIC = "static.read"
    HEALTH = "health.read"
    METRICS = "metrics.read"
    DESCRIBE = "api.describe"
    SIGN_IN = "signin.use"
    JOIN_PAGE = "join.page"
    JOIN = "invitation.use"
    LINK_PAGE = "link.page"
    TEST_PAGE = "test.page"
    TEST_OPEN = "test.open"
    TEST_USE = "test.use"
    TEST_READ = "test.read"
    MEDIA_OPTIONS = "media.options"
    PLUGIN_PAGE = "plugin.page"
    PLUGIN_ACT = "plugin.act"
    SESSION_OPEN = "session.open"
    SESSION_LIST = "session.list"
    SESSION_READ = "session.read"
    SESSION_DESK = "session.desk"
    SESSION_END = "session.end"
    LAYOUT = "layout.set"
    CAMERA_RENAME = "camera.rename"
    CAMERA_REMOVE = "camera.remove"
    INVITATION_MAKE = "invitation.make"
    INVITATION_LIST = "invitation.list"
    INVITATION_REVOKE = "invitation.revoke"
    PUBLISHER_LIST = "publisher.list"
    PUBLICATION_START = "publication.start"
    PUBLICATION_LIST = "publication.list"
    PUBLICATION_STOP = "publication.stop"
    RECORDING_START = "recording.start"
    RECORDING_STOP = "recording.stop"
    RECORDING_READ = "recording.read"
    RECORDING_ERASE = "recording.erase"
    STILL_TAKE = "still.take"
    STILL_READ = "still.read"
    WHIP = "whip"
    WHEP = "whep"
    WHEP_CAMERA = "whep.camera"
    WHEP_PICTURE = "whep.picture"
    CONTROL = "control.connect"
    CONTROL_WATCHING = "control.watching"
    CONTROL_PAUSED = "control.paused"
    CONTROL_BYE = "control.bye"


@dataclass(frozen=True, slots=True)
class Thing:
    """What is acted upon. Empty: nothing in particular, such as a list of one's own."""

    group: str = ""
    session: str = ""


NOTHING = Thing()
_A, _K = Action, ActorKind
_PERSON = frozenset({_K.OPERATOR})
_SUPPORTER = frozenset({_K.OPERATOR, _K.DESK})
_EVERYONE = frozenset(ActorKind)

PERMISSIONS: dict[Action, frozenset[ActorKind]] = {
    **dict.fromkeys(
        (
            _A.STATIC,
            _A.HEALTH,
            _A.DESCRIBE,
            _A.SIGN_IN,
            _A.JOIN_PAGE,
            _A.JOIN,
            _A.LINK_PAGE,
            _A.TEST_PAGE,
            _A.TEST_OPEN,
            _A.MEDIA_OPTIONS,
            _A.PLUGIN_PAGE,
        ),
        _EVERYONE,
    ),
    **dict.fromkeys(
        (
            _A.METRICS,
            _A.TEST_READ,
            _A.PLUGIN_ACT,
            _A.SESSION_OPEN,
            _A.SESSION_LIST,
            _A.SESSION_READ,
            _A.SESSION_DESK,
            _A.INVITATION_MAKE,
            _A.INVITATION_LIST,
            _A.INVITATION_REVOKE,
            _A.PUBLISHER_LIST,
            _A.PUBLICATION_LIST,
            _A.RECORDING_READ,
            _A.RECORDING_ERASE,
            _A.STILL_READ,
        ),
        _PERSON,
    ),
    **dict.fromkeys(
        (
            _A.SESSION_END,
            _A.LAYOUT,
            _A.CAMERA_RENAME,
            _A.CAMERA_REMOVE,
            _A.PUBLICATION_START,
            _A.PUBLICATION_STOP,
            _A.RECORDING_START,
            _A.RECORDING_STOP,
            _A.STILL_TAKE,
        ),
        _SUPPORTER,
    ),
    _A.TEST_USE: frozenset({_K.TEST}),
    _A.WHIP: frozenset({_K.DESK, _K.CAMERA, _K.TEST}),
    _A.WHEP: frozenset({_K.DESK, _K.CAMERA, _K.GUEST}),
    _A.WHEP_CAMERA: frozenset({_K.DESK}),
    _A.WHEP_PICTURE: frozenset({_K.DESK, _K.GUEST}),
    _A.CONTROL: frozenset({_K.DESK, _K.CAMERA, _K.GUEST}),
    _A.CONTROL_WATCHING: frozenset({_K.DESK, _K.GUEST}),
    _A.CONTROL_PAUSED: frozenset({_K.CAMERA}),
    _A.CONTROL_BYE: frozenset({_K.DESK, _K.CAMERA, _K.GUEST}),
}


def allows(actor: Actor, action: Action, thing: Thing = NOTHING) -> bool:
    """Say whether ``actor`` may; what no row allows is refused.

    A ticket's bearer acts in the ticket's own session alone, a person in their own group alone.
    """
    may = PERMISSIONS.get(action, frozenset())
    if actor.kind not in may:
        return False
    if ActorKind.NOBODY in may:
        return True
    if actor.kind is ActorKind.OPERATOR:
        return bool(actor.group) and thing.group in ("", actor.group)
    return bool(actor.session) and thing.session == actor.session
