"""Versions of the tables, oldest first; `tools/revision.py` begins a new one."""
