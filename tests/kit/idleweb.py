"""A web process that does nothing: it notes where the supervisor's door is and waits."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path

from genba.kin import die_with


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--door", required=True)
    parser.add_argument("--note", type=Path, required=True)
    arguments = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    die_with(arguments.parent)
    noted = arguments.note.with_suffix(".new")
    noted.write_text(arguments.door, "utf-8")
    noted.rename(arguments.note)
    signal.sigwait([signal.SIGTERM])


if __name__ == "__main__":
    main()
