"""A whole server that does not outlive who measures: ``python -m genba.bench.serve PID WORD…``."""

from __future__ import annotations

import runpy
import sys

from genba import kin


def main() -> None:
    """Run ``genba WORD…`` until the process ``PID``, which must be the parent, is gone."""
    kin.die_with(int(sys.argv.pop(1)))
    runpy.run_module("genba", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
