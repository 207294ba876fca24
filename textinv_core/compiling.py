"""A compiled network that computes what the network itself computes."""

import copy
import os
import shutil
import warnings

import torch
from diffusers.models.upsampling import Upsample2D
from torch import nn

from textinv_core.paths import BUILD


def can_compile() -> bool:
    """Whether there is a C++ compiler, which `torch.compile` needs."""
    return any(map(shutil.which, ("g++", "clang++", "c++")))


def compiling_pays(batch: int) -> float:
    """Examples below which compiling takes longer than it saves, when so many run at once.

    Between the two break-even points measured on a CPU with the pocket model; a large batch has less to save.
    """
    return 18_000 * (batch / 4) ** 0.7


def compiled(network: nn.Module) -> nn.Module:
    """A compiled twin that shares the network's weights; the network itself stays as it is.

    In torch 2.13 the compiled backward of `interpolate(mode="nearest")` in bfloat16 on a CPU is all zeros: nothing
    below an upsampling layer would get a gradient. Copying each value to its 2x2 square is the same operation.
    """
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(BUILD / "inductor"))
    warnings.filterwarnings("ignore", message="Dynamo detected a call to a `functools.lru_cache`")
    shared = [*network.parameters(), *network.buffers()]
    twin = copy.deepcopy(network, memo={id(tensor): tensor for tensor in shared})
    for part in twin.modules():
        if isinstance(part, Upsample2D) and part.interpolate and not part.use_conv_transpose:
            part.interpolate = False
            part.register_forward_pre_hook(_double)
    return torch.compile(twin)


def _double(_module, inputs: tuple) -> tuple[torch.Tensor]:
    """Nearest-neighbour upsampling by copying: (N, C, h, w) -> (N, C, 2h, 2w), or cut to the size asked for."""
    hidden_states, size = (*inputs, None)[:2]
    N, C, h, w = hidden_states.shape
    copies = hidden_states[:, :, :, None, :, None].expand(N, C, h, 2, w, 2).reshape(N, C, 2 * h, 2 * w)
    return (copies if size is None else copies[:, :, : size[0], : size[1]],)
