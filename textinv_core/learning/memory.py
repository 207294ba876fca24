"""What a step needs of memory, and what freed memory is for: a step's stays for the next one."""

import ctypes
import sys
from collections.abc import Callable
from contextlib import suppress

import torch
from torch import nn

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


def kept_for_backward(forward: Callable[[], object], *networks: nn.Module) -> int:
    """Bytes that backward would keep of a `forward` pass, which is run once; the networks' weights do not count."""
    weights = {weight.untyped_storage().data_ptr() for network in networks for weight in network.parameters()}
    kept = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        forward()
    return sum(size for where, size in kept.items() if where not in weights)


def _call(name: str, *numbers: int) -> bool:
    """The C library's function of this name, where there is one; whether it said 1."""
    with suppress(OSError, AttributeError):
        return sys.platform == "linux" and bool(getattr(ctypes.CDLL("libc.so.6"), name)(*numbers))
    return False
