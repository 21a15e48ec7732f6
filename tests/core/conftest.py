"""Fixtures of all tests of the core."""

from tests.kit.databases import cluster, database, templates

__all__ = ["cluster", "database", "templates"]
