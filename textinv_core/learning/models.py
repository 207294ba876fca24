"""Load a text-to-image pipeline by name.

A name is `pocket` (ships with the repository), a local folder in diffusers' layout, or a Hub id.
Device, dtype and resolution follow the model; parameters override the first two.
"""

import hashlib
import json
import os
from pathlib import Path
from weakref import WeakKeyDictionary, ref

import diffusers
import torch
import transformers
from diffusers import StableDiffusionPipeline

from textinv_core.paths import MODELS, shown

diffusers.utils.logging.disable_progress_bar()  # loading bars would be part of every notebook's page
transformers.utils.logging.disable_progress_bar()

_HASHES = WeakKeyDictionary()  # a pipeline's network -> its state, and the hash
PARTS = ("text_encoder", "tokenizer", "unet", "vae", "scheduler")


def default_device() -> str:
    """`cuda` where there is one, else `cpu`."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def locate(name: str | Path, parts: tuple[str, ...]) -> str:
    """The folder of a model (checked for `parts`), or the name itself if it must be a Hub id."""
    folder = MODELS / name if name == "pocket" else Path(os.path.expanduser(name))
    if not os.path.exists(folder):
        looks_like_hub_id = str(name).count("/") == 1 and not str(name).startswith((".", "/", "~"))
        if name != "pocket" and looks_like_hub_id:
            return str(name)
        expected = "expected 'pocket', a folder, or a Hub id"
        raise ValueError(f"model {str(name)!r}: there is no folder {shown(folder)} ({expected})")
    missing = [part for part in parts if not (folder / part).exists()]
    if missing:
        raise ValueError(f"model {str(name)!r}: {', '.join(missing)} missing in {shown(folder)}")
    return str(folder)


def load_pipeline(
    name: str | Path = "pocket",
    *,
    device: str | None = None,  # default: cuda if there is one
    dtype: torch.dtype | None = None,  # default: float32 on a CPU, bfloat16 on a GPU that has it
) -> StableDiffusionPipeline:
    """The frozen pipeline `name`, safety checker off, progress bar off; ValueError if parts are missing."""
    device = device or default_device()
    if dtype is None:
        has_bf16 = device.startswith("cuda") and torch.cuda.is_bf16_supported()
        dtype = torch.bfloat16 if has_bf16 else torch.float32
    where = locate(name, ("model_index.json", *PARTS))
    # Loading only what is used keeps torchvision (which the safety checker's processor needs) out.
    unused = dict(safety_checker=None, feature_extractor=None, image_encoder=None, requires_safety_checker=False)
    try:
        pipe = StableDiffusionPipeline.from_pretrained(where, dtype=dtype, use_safetensors=True, **unused)
    except Exception as error:  # what diffusers and transformers raise at a broken file is not theirs alone
        reason = " ".join(str(error).split())[:300]
        raise ValueError(f"model {str(name)!r} cannot be loaded: {reason}") from error
    pipe.set_progress_bar_config(disable=True)
    for module in (pipe.text_encoder, pipe.unet, pipe.vae):
        module.requires_grad_(False).eval()
    return pipe.to(device)


def resolution(pipe: StableDiffusionPipeline) -> int:
    """Side of the pictures the pipeline was trained on, in pixels."""
    side = pipe.unet.config.sample_size
    return int(side if isinstance(side, int) else side[0]) * pipe.vae_scale_factor


def model_hash(pipe: StableDiffusionPipeline) -> str:
    """16 hex digits over every weight, the scheduler's settings and the vocabulary; once for the same weights."""
    digest = hashlib.blake2b(digest_size=8)
    settings = {k: v for k, v in pipe.scheduler.config.items() if not k.startswith("_")}
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    digest.update(json.dumps(sorted(pipe.tokenizer.get_vocab().items())).encode())
    modules = (pipe.text_encoder, pipe.unet, pipe.vae)
    # Torch counts every change made to a tensor in place; the sums see a change made past it, through `.data`.
    state = [(t.data_ptr(), t._version, float(t.sum())) for module in modules for t in module.state_dict().values()]
    state = (digest.hexdigest(), *map(ref, modules), *state)
    if _HASHES.get(pipe.unet, ("",))[0] != state:
        for module in modules:
            add_weights(digest, module)
        _HASHES[pipe.unet] = state, digest.hexdigest()
    return _HASHES[pipe.unet][1]


def add_weights(digest, module: torch.nn.Module) -> None:
    """Feed a hash with every weight of a module: name, format, shape and bytes."""
    for key, tensor in sorted(module.state_dict().items()):
        digest.update(f"{key}{tensor.dtype}{tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)


def end_of_text(ids: torch.Tensor, eos_id: int) -> torch.Tensor:
    """Position of the first end-of-text token of each row of `ids` (N, L): (N,)."""
    return (ids == eos_id).int().argmax(dim=-1)
