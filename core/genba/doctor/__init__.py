"""`genba doctor`: names what is wrong with a server, and the cure."""

from __future__ import annotations

from genba.doctor.command import doctor

__all__ = ["doctor"]
