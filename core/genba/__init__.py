"""Genba: field cameras, composed and recorded, shown where people already meet."""

__version__ = "0.1.0"
