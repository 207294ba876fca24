"""torch.compile for the convolutional nets, around a fault of its CPU backend.

In torch 2.13 the compiled backward of `interpolate(mode="nearest")` in bfloat16 on the CPU is all zeros, so that
nothing below an upsampling layer learns.  Copying each value to its 2x2 square is the same operation and compiles
right.
"""

import types
import warnings

import torch
from diffusers.models.upsampling import Upsample2D


def in_bfloat16(device):
    """Autocast to bfloat16 where that is fast: on CUDA and on a processor that multiplies it (another takes a hundred
    times as long for it)."""
    return torch.autocast(device, torch.bfloat16, enabled=device != "cpu" or torch.cpu._is_avx512_bf16_supported())


def upsample(self, hidden_states, output_size=None, *unused, **ignored):
    """`Upsample2D.forward` by copying: (n, C, H, W) -> (n, C', 2H, 2W)."""
    n, channels, height, width = hidden_states.shape
    copies = hidden_states[:, :, :, None, :, None].expand(n, channels, height, 2, width, 2)
    return self.conv(copies.reshape(n, channels, 2 * height, 2 * width))


def compile_parts(*modules):
    """Compile each module in place (names of its weights stay as they are)."""
    warnings.filterwarnings("ignore", message="Dynamo detected a call to a `functools.lru_cache`")
    for module in modules:
        for part in module.modules():
            if isinstance(part, Upsample2D):
                part.forward = types.MethodType(upsample, part)
        module.compile()
