"""A web process that does nothing: it tells the supervisor that it is ready, and waits."""

from __future__ import annotations

import argparse
import json
import signal
import socket

from genba.kin import die_with


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--door", required=True)
    arguments = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    die_with(arguments.parent)
    with socket.socket(socket.AF_UNIX) as door:
        door.connect(arguments.door)
        ready = {"id": 1, "do": "ready", "door": arguments.door}
        door.sendall(json.dumps(ready).encode() + b"\n")
        signal.sigwait([signal.SIGTERM])


if __name__ == "__main__":
    main()
