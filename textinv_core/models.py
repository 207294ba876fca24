"""Load a text-to-image pipeline, or the CLIP that judges its pictures, by name.

A name is `pocket` (ships with the repository), a local folder in diffusers' layout, or a Hub id.
Device, dtype and resolution follow the model; parameters override the first two.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import diffusers
import torch
import transformers
from diffusers import StableDiffusionPipeline
from PIL import Image
from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

from textinv_core.paths import MODELS, shown

diffusers.utils.logging.disable_progress_bar()  # loading bars would be part of every notebook's page
transformers.utils.logging.disable_progress_bar()

PARTS = ("text_encoder", "tokenizer", "unet", "vae", "scheduler")
JUDGES = {"pocket": str(MODELS / "pocket_judge")}
DEFAULT_JUDGE = "openai/clip-vit-base-patch32"


def default_device() -> str:
    """`cuda` where there is one, else `cpu`."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def _locate(name: str | Path, parts: tuple[str, ...]) -> str:
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
    where = _locate(name, ("model_index.json", *PARTS))
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
    """16 hex digits over every weight, the scheduler's settings and the vocabulary."""
    digest = hashlib.blake2b(digest_size=8)
    settings = {k: v for k, v in pipe.scheduler.config.items() if not k.startswith("_")}
    digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
    digest.update(json.dumps(sorted(pipe.tokenizer.get_vocab().items())).encode())
    for module in (pipe.text_encoder, pipe.unet, pipe.vae):
        add_weights(digest, module)
    return digest.hexdigest()


def add_weights(digest, module: torch.nn.Module) -> None:
    """Feed a hash with every weight of a module: name, format, shape and bytes."""
    for key, tensor in sorted(module.state_dict().items()):
        digest.update(f"{key}{tensor.dtype}{tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)


def end_of_text(ids: torch.Tensor, eos_id: int) -> torch.Tensor:
    """Position of the first end-of-text token of each row of `ids` (N, L): (N,)."""
    return (ids == eos_id).int().argmax(dim=-1)


@dataclass(frozen=True)
class Judge:
    """A CLIP whose features are compared: L2-normalised float32 tensors (N, D) on the CPU."""

    name: str
    model: CLIPModel
    tokenizer: CLIPTokenizer
    processor: CLIPImageProcessorPil
    batch_size: int = 64

    @torch.no_grad()
    def image_features(self, images: list[Image.Image]) -> torch.Tensor:
        """Features (N, D) of PIL images."""
        chunks = []
        for start in range(0, len(images), self.batch_size):
            batch = [image.convert("RGB") for image in images[start : start + self.batch_size]]
            pixels = self.processor(images=batch, return_tensors="pt").pixel_values
            pooled = self.model.vision_model(pixels.to(self.model.device)).pooler_output
            chunks.append(self.model.visual_projection(pooled).float().cpu())
        return torch.nn.functional.normalize(torch.cat(chunks), dim=-1)

    @torch.no_grad()
    def text_features(self, texts: list[str]) -> torch.Tensor:
        """Features (N, D) of texts, pooled at the end-of-text token; a raw `<token>` in a text is an error."""
        chunks = []
        for start in range(0, len(texts), self.batch_size):
            batch = list(texts[start : start + self.batch_size])
            for text in batch:
                if "<" in text:
                    raise ValueError(f"judge {self.name}: text {text!r} holds a raw token; judge plain words only")
            limit = self.model.config.text_config.max_position_embeddings
            tokens = self.tokenizer(batch, padding="max_length", max_length=limit, return_tensors="pt")
            ids = tokens.input_ids.to(self.model.device)  # (N, L)
            if ids.shape[1] > limit:
                raise ValueError(f"judge {self.name}: {max(batch, key=len)!r} is longer than its {limit} tokens")
            hidden = self.model.text_model(ids).last_hidden_state
            pooled = hidden[torch.arange(len(ids)), end_of_text(ids, self.tokenizer.eos_token_id)]
            chunks.append(self.model.text_projection(pooled).float().cpu())
        return torch.nn.functional.normalize(torch.cat(chunks), dim=-1)


def load_judge(
    name: str | Path | None = None,
    *,
    model: str | Path = "pocket",  # whose pictures are judged: picks the judge when `name` is None
    device: str | None = None,
) -> Judge:
    """The CLIP `name` (a folder or a Hub id); by default the pocket model's own judge, or CLIP ViT-B/32."""
    name = str(name or JUDGES.get(str(model), DEFAULT_JUDGE))
    where = _locate(name, ("config.json", "preprocessor_config.json"))
    try:
        clip = CLIPModel.from_pretrained(where, use_safetensors=True)
        tokenizer = CLIPTokenizer.from_pretrained(where)
        processor = CLIPImageProcessorPil.from_pretrained(where)
    except Exception as error:
        raise ValueError(f"judge {name!r} cannot be loaded: {' '.join(str(error).split())[:300]}") from error
    clip = clip.requires_grad_(False).eval().to(device or default_device())
    return Judge(Path(name).name, clip, tokenizer, processor)
