"""Genba's pages: templates, static files and texts. No code but where they lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent
