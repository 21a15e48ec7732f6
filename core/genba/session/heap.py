"""How the C library and Python keep memory in a session process."""

from __future__ import annotations

import ctypes
import gc
import sys

# malloc.h
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
ARENAS = 2
PICTURE = 512 << 10  # bytes; what is larger is a picture or the like
SLACK = 4 << 20  # bytes that may lie free at a heap's end


def keep_little() -> None:
    """Have threads share heaps, and pictures lie outside of them; call it before any is started.

    glibc gives each thread a heap of its own, up to eight a core, and each keeps what was once used
    on it; after the first picture that was freed it puts pictures there too, where what is freed
    is seldom given back. With four cameras that is 15 to 50 MB. The threads here ask for memory too
    seldom to wait for each other. Nothing happens where the C library is another.
    """
    if (mallopt := _of_libc("mallopt")) is not None:
        mallopt(M_ARENA_MAX, ARENAS)
        mallopt(M_MMAP_THRESHOLD, PICTURE)
        mallopt(M_TRIM_THRESHOLD, SLACK)


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
