"""The TURN server beside Genba: coturn, configured, started and kept by the supervisor."""

from __future__ import annotations

from genba.turn.coturn import Coturn
from genba.turn.credentials import Credentials, mint
from genba.turn.plan import Off, Plan, TurnError, plan

__all__ = ["Coturn", "Credentials", "Off", "Plan", "TurnError", "mint", "plan"]
