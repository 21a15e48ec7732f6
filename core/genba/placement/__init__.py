"""The door between the wings: opens, watches and ends session processes."""

from genba.placement.door import Placement

__all__ = ["Placement"]
