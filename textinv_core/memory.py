"""Memory that is used again at every step stays with the process."""

import ctypes
import sys
from contextlib import suppress

TRIM_THRESHOLD, MMAP_MAX = -1, -4  # of malloc.h


def keep_freed_memory() -> bool:
    """Let the C library keep what is freed, for the rest of the process; whether it does (glibc on Linux alone).

    A step frees hundreds of large tensors and asks for the same again. By default each goes back to the kernel, which
    hands out pages that it clears first: with 16 words at once that is a tenth of a step.
    """
    if sys.platform != "linux":
        return False
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        return bool(mallopt(MMAP_MAX, 0) and mallopt(TRIM_THRESHOLD, 2**31 - 1))
    return False
