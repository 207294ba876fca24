"""The CLIP that judges pictures, loaded by name: its features are what the metrics compare."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from transformers import CLIPImageProcessorPil, CLIPModel, CLIPTokenizer

from textinv_core.learning.models import add_weights, default_device, end_of_text, locate
from textinv_core.paths import MODELS

JUDGES = {"pocket": str(MODELS / "pocket_judge")}
DEFAULT_JUDGE = "openai/clip-vit-base-patch32"


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
            if raw := [text for text in batch if "<" in text]:
                raise ValueError(f"judge {self.name}: text {raw[0]!r} holds a raw token; judge plain words only")
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
    where = locate(name, ("config.json", "preprocessor_config.json"))
    try:
        clip = CLIPModel.from_pretrained(where, use_safetensors=True)
        tokenizer = CLIPTokenizer.from_pretrained(where)
        processor = CLIPImageProcessorPil.from_pretrained(where)
    except Exception as error:
        raise ValueError(f"judge {name!r} cannot be loaded: {' '.join(str(error).split())[:300]}") from error
    clip = clip.requires_grad_(False).eval().to(device or default_device())
    return Judge(Path(name).name, clip, tokenizer, processor)


def weights_name(judge: Judge) -> str:
    """A judge's name and a hash of its weights: one trained anew is another."""
    digest = hashlib.blake2b(digest_size=6)
    add_weights(digest, judge.model)
    return f"{judge.name} {digest.hexdigest()}"
