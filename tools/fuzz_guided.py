"""Lets Atheris look for inputs that reach new paths: ``fuzz_guided.py TARGET [SECONDS]``.

It ends at the first fault, or input of over a second, and writes it to ``crash-*`` here. Atheris
is in the dependency group ``fuzz`` (``uv sync --group fuzz``).
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

with atheris.instrument_imports(include=["genba", "aiortc.sdp", "aiortc.rtp", "aioice.stun"]):
    from tests.fuzz.targets import targets


async def main(name: str, seconds: str = "60") -> None:
    """Feed one target, within the loop that some of them want; Atheris ends the process."""
    logging.disable(logging.CRITICAL)
    target = targets()[name]
    folder = tempfile.mkdtemp(prefix=f"genba-fuzz-{name}-")
    for number, data in enumerate(target.corpus):
        Path(folder, str(number)).write_bytes(data)  # noqa: ASYNC240 (nothing else runs here)
    atheris.Setup([sys.argv[0], folder, f"-max_total_time={seconds}", "-timeout=1"], target)
    atheris.Fuzz()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
