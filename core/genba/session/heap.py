"""How the C library and Python keep memory in a session process."""

from __future__ import annotations

import ctypes
import gc
import sys

M_ARENA_MAX = -8  # malloc.h
ARENAS = 2


def few_arenas() -> None:
    """Have all threads share a few heaps; call it before any is started.

    glibc gives each thread one of its own, up to eight a core, and each keeps what was once used
    on it: 30 MB more in a session with four cameras. The threads here ask for memory too seldom to
    wait for each other. Nothing happens where the C library is another.
    """
    if (mallopt := _of_libc("mallopt")) is not None:
        mallopt(M_ARENA_MAX, ARENAS)


def settle() -> None:
    """Give back what starting has left free, and spare the collector what is there to stay.

    Call it once, when all is loaded; it takes some tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    if (trim := _of_libc("malloc_trim")) is not None:
        trim(0)


def _of_libc(name: str) -> ctypes._NamedFuncPointer | None:
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), name, None)  # musl has neither
