"""Who is heard in a mix: nobody hears himself, and nobody is heard twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Mix:
    """Equal mixes are computed once. ``own`` is the input that does not hear itself."""

    kind: Literal["everyone", "cameras", "camera"]
    own: str = ""

    @classmethod
    def everyone(cls) -> Mix:
        """Return the mix of a recording: cameras and supporters."""
        return cls("everyone")

    @classmethod
    def cameras(cls) -> Mix:
        """Return the mix of guests, publications and supporters: the cameras alone."""
        return cls("cameras")

    @classmethod
    def for_camera(cls, name: str) -> Mix:
        """Return what the camera whose input is ``name`` hears: all the others."""
        return cls("camera", name)

    def takes(self, name: str, *, supporter: bool) -> bool:
        """Say whether an input belongs into this mix."""
        if self.kind == "cameras":
            return not supporter
        return self.kind == "everyone" or name != self.own
