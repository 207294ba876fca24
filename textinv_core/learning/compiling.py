"""A gradient through frozen networks as one compiled graph.

`torch.compile` of a module cuts it into a forward and a backward graph and treats the weights as something that may
change. Traced as one function, what only ever multiplies by frozen weights is a graph without parameters: on a CPU the
compiler lays the weights out once as its kernels want them; called from C++, these save a seventh of a small step.
"""

import os
import shutil
import warnings
from collections.abc import Callable

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx

from textinv_core.paths import BUILD

aten = torch.ops.aten


def can_compile() -> bool:
    """Whether there is a C++ compiler, which `torch.compile` needs."""
    return any(map(shutil.which, ("g++", "clang++", "c++")))


def compiling_pays(batch: int) -> float:
    """Examples below which compiling takes longer than it saves, when so many run at once.

    Near the break-even points measured on CPUs with the pocket model: a larger batch has less to save, up to 32.
    """
    return 15_000 * (min(batch, 32) / 4) ** 0.6


def compiled(gradient: Callable[..., tuple[Tensor, ...]]) -> Callable[..., tuple[Tensor, ...]]:
    """`gradient`, compiled when first called, and from then on for inputs of exactly those shapes.

    It may call `torch.autograd.grad`; whatever it takes from elsewhere, the weights above all, is frozen.
    """
    made = {}

    @torch.no_grad()
    def call(*inputs: Tensor) -> tuple[Tensor, ...]:
        shapes = [x.shape for x in inputs]
        if not made:
            made.update(shapes=shapes, call=_compile(gradient, *inputs))
        if shapes != made["shapes"]:
            raise ValueError(f"compiled for inputs of shapes {made['shapes']}, got {shapes}")
        return made["call"](*inputs)

    return call


def _compile(gradient: Callable, *inputs: Tensor) -> Callable:
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(BUILD / "inductor"))
    import torch._inductor.config as settings  # after the line above, which it reads

    warnings.filterwarnings("ignore", message="Dynamo detected a call to a `functools.lru_cache`")
    on_cpu = inputs[0].device.type == "cpu"
    graph = make_fx(gradient, decomposition_table=CPU_BACKWARD if on_cpu else {})(*inputs)
    call = torch.compile(graph, fullgraph=True, dynamic=False)
    with settings.patch(freezing=on_cpu, cpp_wrapper=on_cpu, cpp_wrapper_build_separate=on_cpu):
        call(*inputs)
    return call


def _convolution_backward(grad, x, weight, biases, stride, padding, dilation, transposed, _output, groups, wanted):
    """The gradient into `x` as a convolution with the turned weights, which can be laid out once."""
    if transposed or groups != 1 or any(wanted[1:]):
        return NotImplemented
    reach = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
    if all(s == 1 for s in stride):
        turned = weight.flip(2, 3).transpose(0, 1)
        pad = [r - p for r, p in zip(reach, padding, strict=True)]
        return aten.convolution(grad, turned, None, stride, pad, dilation, False, [0, 0], 1), None, None
    least = [(n - 1) * s - 2 * p + r + 1 for n, s, p, r in zip(grad.shape[2:], stride, padding, reach, strict=True)]
    rest = [n - m for n, m in zip(x.shape[2:], least, strict=True)]
    return aten.convolution(grad, weight, None, stride, padding, dilation, True, rest, 1), None, None


def _upsample_backward(grad, output_size, input_size, scales_h=None, scales_w=None):
    """Of nearest-neighbour doubling: the sum over each 2x2 square.

    In torch 2.13 what the compiler makes of the built-in one in bfloat16 on a CPU is all zeros.
    """
    N, C, h, w = input_size
    if list(output_size) != [2 * h, 2 * w]:
        return NotImplemented
    return grad.reshape(N, C, h, 2, w, 2).sum((3, 5))


CPU_BACKWARD = {
    aten.convolution_backward.default: _convolution_backward,
    aten.upsample_nearest2d_backward.default: _upsample_backward,
}
