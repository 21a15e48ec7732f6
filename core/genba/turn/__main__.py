"""Becomes coturn: ``python -m genba.turn --parent PID --program PATH --config FILE``.

coturn knows nothing of its parent. The kernel is told to end this process with its parent, and
keeps to that over exec, so that no coturn is left behind whatever happens to the supervisor.
"""

from __future__ import annotations

import argparse
import os

from genba.kin import die_with


def main() -> None:
    """Tie this process to its parent and run coturn in its place; does not return."""
    top = argparse.ArgumentParser(prog="python -m genba.turn")
    top.add_argument("--parent", type=int, required=True, help="pid of the supervisor")
    top.add_argument("--program", required=True, help="coturn's turnserver")
    top.add_argument("--config", required=True, help="its file, with the secret in it")
    arguments = top.parse_args()
    die_with(arguments.parent)
    os.execv(arguments.program, [arguments.program, "-c", arguments.config])  # noqa: S606 (no shell)


if __name__ == "__main__":
    main()
