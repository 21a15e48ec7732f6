"""What one viewer asked for, and what it gets."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

WishWord = Literal["auto", "low", "high"]
QualityWord = Literal["low", "standard", "high"]
ShedWord = Literal["narrow", "lossy", "full"]


class Wanted(BaseModel):
    """What a viewer may ask for."""

    model_config = ConfigDict(extra="forbid")
    quality: WishWord


class Viewing(BaseModel):
    """True now. ``lines`` is the height of what is sent, ``highest`` of the best to be had."""

    wish: WishWord
    quality: QualityWord | None  # None: no moving picture is sent
    lines: int
    highest: int
    shed: ShedWord | None  # why
