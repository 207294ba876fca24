"""What freed memory is for: a step's stays for the next one, unless the memory itself is to be measured."""

import ctypes
import sys
from contextlib import suppress

TRIM_THRESHOLD, MMAP_MAX = -1, -4  # of malloc.h


def keep_freed_memory() -> bool:
    """Let the C library keep what is freed, for the rest of the process; whether it does (glibc on Linux alone).

    A step frees hundreds of large tensors and asks for the same again. By default each goes back to the kernel, which
    hands out pages that it clears first: with 16 words at once that is a tenth of a step.
    """
    return _call("mallopt", MMAP_MAX, 0) and _call("mallopt", TRIM_THRESHOLD, 2**31 - 1)


def give_back_freed_memory() -> bool:
    """Give back to the kernel, once, what is free now; whether there was any (glibc on Linux alone)."""
    return _call("malloc_trim", 0)


def _call(name: str, *numbers: int) -> bool:
    """The C library's function of this name, where there is one; whether it said 1."""
    with suppress(OSError, AttributeError):
        return sys.platform == "linux" and bool(getattr(ctypes.CDLL("libc.so.6"), name)(*numbers))
    return False
