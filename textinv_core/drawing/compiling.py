"""A frozen UNet compiled ahead of time, for every batch size: a package on disk that loads in a blink.

`torch.compile` would begin anew in every process, and a page's may live for less than that takes. The weights are
frozen into the package as the processor's kernels want them. Pictures differ in the last bits, as with another batch.
"""

import copy
import os
import tempfile
import warnings
import zipfile
from pathlib import Path

import diffusers
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel
from torch import Tensor, nn

from textinv_core.learning.compiling import can_compile
from textinv_core.learning.models import model_hash
from textinv_core.learning.precision import fastest_dtype, shortened
from textinv_core.paths import BUILD
from textinv_core.provenance import identity, machine

PACKAGES = BUILD / "drawing"
MOST = 62  # examples of a call: with 64 or more, diffusers' upsampling takes another way through its code


class _Call(nn.Module):
    """The network past its hooks, as `torch.export` takes it: tensors in, a tensor out."""

    def __init__(self, unet: UNet2DConditionModel):
        super().__init__()
        self.unet = unet

    def forward(self, sample: Tensor, timestep: Tensor, states: Tensor):
        return self.unet.forward(sample, timestep, states, return_dict=False)[0]


def package_of(unet: UNet2DConditionModel, model: str, dtype: torch.dtype) -> Path:
    """The folder of the package in a number format of a UNet and its `model_hash`, here and with these libraries."""
    where = (unet.device.type, machine()["processor"], torch.__version__, diffusers.__version__)
    return PACKAGES / identity((model, str(dtype), *where))


def compile_drawing(pipe: StableDiffusionPipeline, dtype: torch.dtype | None = None) -> Path:
    """Compile the UNet in `dtype` (None: bfloat16 where it is fast) unless it is; a minute for the pocket model.

    From then on `Store.draw` draws with it. ValueError where the UNet is not on a CPU or there is no C++ compiler.
    """
    if pipe.unet.device.type != "cpu" or not can_compile():
        raise ValueError(f"compiling ahead needs a CPU and g++, clang++ or c++; the UNet is on {pipe.unet.device}")
    package = package_of(pipe.unet, model_hash(pipe), dtype := dtype or fastest_dtype(pipe.unet))
    if not package.exists():
        os.makedirs(PACKAGES, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=PACKAGES) as folder:
            packed = _compile(shortened(pipe.unet, dtype), f"{folder}/packed.pt2")
            with zipfile.ZipFile(packed) as file:  # loaded from a zip, a killed process would leave a copy behind
                file.extractall(folder)
            os.rename(f"{folder}/packed", package)
    return package


def _compile(unet: UNet2DConditionModel, path: str) -> str:
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(BUILD / "inductor"))
    import torch._inductor as inductor  # after the line above, which it reads

    side = unet.config.sample_size
    shape = (4, unet.config.in_channels, *((side, side) if isinstance(side, int) else side))
    sample, states = (torch.zeros(s, dtype=unet.dtype) for s in (shape, (4, 8, unet.config.cross_attention_dim)))
    batch, length = torch.export.Dim("batch", min=2, max=MOST), torch.export.Dim("length", min=2, max=1024)
    sizes = dict(sample={0: batch}, timestep=None, states={0: batch, 1: length})
    how = {"freezing": True, "cpp.dynamic_threads": True}  # whatever threads a page has
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's own code warns of itself
        graph = torch.export.export(_Call(unet), (sample, torch.tensor(500), states), dynamic_shapes=sizes)
        return inductor.aoti_compile_and_package(graph, package_path=path, inductor_configs=how)


def calling(unet: UNet2DConditionModel, package: Path) -> UNet2DConditionModel:
    """A twin of a network that calls its package, for a pipeline, hooks and all; one example it computes itself."""
    load = torch._C._aoti.AOTIModelPackageLoader  # what `torch._inductor.aoti_load_package` calls for a file
    twin, run = copy.copy(unet), load(str(package), "model", False, 1, -1)

    def forward(sample: Tensor, timestep: Tensor, encoder_hidden_states: Tensor, **how):
        if len(sample) < 2:
            return unet.forward(sample, timestep, encoder_hidden_states, **how)
        parts = -(-len(sample) // MOST)
        pairs = zip(sample.tensor_split(parts), encoder_hidden_states.tensor_split(parts), strict=True)
        return (torch.cat([run.boxed_run([x, timestep, states])[0] for x, states in pairs]),)

    twin.forward = forward
    return twin
