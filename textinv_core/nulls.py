"""Nulls: pictures of a concept's class by the plain model, as features; what a similarity is read beside.

They cannot show the concept, whose pictures the model never saw: the subject's null. Those drawn for other prompts
show other contexts: the text's null. Kept as safetensors, with what made them; made otherwise, they are stale.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch import Tensor
from transformers import AutoImageProcessor, AutoModel

from textinv_core.concepts import Concept, class_phrase, data_hash
from textinv_core.metrics import SMALLEST_NULL
from textinv_core.models import add_weights
from textinv_core.records import load_tensors, write_tensors

NULL_SEED = 100_000  # noise of the pictures that nulls are made of: never that of pictures ranked
OWN_SEED = 200_000  # noise of a batch to choose from: neither that of nulls nor that of the pages' own pictures


class Encoder(Protocol):
    """Whatever turns pictures into L2-normalised features (N, D): a `Judge`, or an `ImageEncoder`."""

    name: str
    model: torch.nn.Module

    def image_features(self, images: list[Image.Image]) -> Tensor: ...


@dataclass(frozen=True)
class ImageEncoder:
    """An encoder of pictures alone, such as DINOv2 (Oquab et al. 2023, arXiv 2304.07193): its class token."""

    name: str
    model: torch.nn.Module
    processor: object
    batch_size: int = 64

    @torch.no_grad()
    def image_features(self, images: list[Image.Image]) -> Tensor:
        """Features (N, D) of PIL images."""
        chunks = []
        for start in range(0, len(images), self.batch_size):
            batch = [image.convert("RGB") for image in images[start : start + self.batch_size]]
            pixels = self.processor(images=batch, return_tensors="pt").pixel_values
            chunks.append(self.model(pixels.to(self.model.device)).last_hidden_state[:, 0].float().cpu())
        return torch.nn.functional.normalize(torch.cat(chunks), dim=-1)


def load_image_encoder(name: str | Path) -> ImageEncoder:
    """The encoder `name`: a folder, or a Hub id such as `facebook/dinov2-small`."""
    try:
        model = AutoModel.from_pretrained(name, use_safetensors=True).requires_grad_(False).eval()
        processor = AutoImageProcessor.from_pretrained(name, backend="pil")
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"encoder {str(name)!r} cannot be loaded: {' '.join(str(error).split())[:300]}") from error
    return ImageEncoder(str(name), model, processor)


@dataclass(frozen=True)
class Nulls:
    """What the plain model drew for the class word, as features; which prompt each picture was drawn for."""

    pictures: Tensor  # (N, D), the judge's
    subject: Tensor  # (N, S), of the encoder that compares subjects; the judge's own unless another was given
    prompts: tuple[str, ...]  # (N,)
    made: dict  # by which model and judge, for which data, from which prompts and seeds

    def __post_init__(self):
        sizes = {len(self.pictures), len(self.subject), len(self.prompts)}
        if len(sizes) > 1 or min(sizes) < SMALLEST_NULL:
            raise ValueError(f"nulls: expected {SMALLEST_NULL} or more pictures of the class word, got {min(sizes)}")

    def text(self, prompt: str, direction: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """Cosines to a text's feature (D,): of pictures drawn for other prompts, the null; and for this one."""
        matched = np.array([p == prompt for p in self.prompts])
        if (count := int((~matched).sum())) < SMALLEST_NULL:
            raise ValueError(f"nulls: {count} pictures of prompts other than {prompt!r}, expected {SMALLEST_NULL}")
        cosines = (self.pictures @ direction).double().numpy()
        return cosines[~matched], cosines[matched]


def describe_nulls(
    concept: Concept,
    judge: Encoder,
    prompts: Sequence[str],  # "{}" stands for the class word
    seeds: Sequence[int],
    *,
    encoder: Encoder | None = None,  # compares subjects; default: the judge
    **made,  # whatever else decides the pictures: model, guidance_scale, ...
) -> dict:
    """What decides a concept's nulls: a cache made otherwise is stale."""
    decides = dict(concept=concept.name, data=data_hash(concept), word=class_phrase(concept), **made)
    decides |= dict(judge=weights_name(judge), encoder=weights_name(encoder or judge))
    decides |= dict(prompts=list(prompts), seeds=list(seeds))
    return json.loads(json.dumps(decides, default=str))


def build_nulls(
    pictures: pd.DataFrame,  # columns prompt and image: of the plain model, the class word in the prompts
    judge: Encoder,
    *,
    encoder: Encoder | None = None,
    made: Mapping | None = None,  # from `describe_nulls`
) -> Nulls:
    """The features of the class's pictures; ValueError if there are fewer than 200."""
    images = list(pictures["image"])
    if len(images) < SMALLEST_NULL:  # before the encoders work
        raise ValueError(f"nulls: expected {SMALLEST_NULL} or more pictures of the class word, got {len(images)}")
    features = judge.image_features(images)
    subject = encoder.image_features(images) if encoder else features
    return Nulls(features, subject, tuple(pictures["prompt"]), dict(made or {}))


def save_nulls(nulls: Nulls, path: str | Path) -> Path:
    """Write them as safetensors, what they are made of in the header."""
    tensors = {"pictures": nulls.pictures, "subject": nulls.subject.clone()}
    return write_tensors(path, tensors, {"prompts": nulls.prompts, "made": nulls.made})


def load_nulls(path: str | Path, expected: Mapping | None = None) -> Nulls:
    """Read them; ValueError naming the file and what it was made of, if that is not what is `expected`."""
    try:
        tensors, record = load_tensors(path)
        nulls = Nulls(**tensors, prompts=tuple(record["prompts"]), made=record["made"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path}: no readable nulls ({' '.join(str(error).split())[:200]})") from None
    for name in sorted({*expected, *nulls.made}) if expected is not None else ():
        if nulls.made.get(name) != expected.get(name):
            raise ValueError(f"{path}: made with another {name}; draw these nulls again")
    return nulls


def cached_nulls(path: str | Path, draw: Callable[[], pd.DataFrame], judge: Encoder, made: Mapping, **options) -> Nulls:
    """The nulls at `path` if they were `made` this way; else built from what `draw` returns, and kept there."""
    try:
        return load_nulls(path, made)
    except ValueError:
        nulls = build_nulls(draw(), judge, made=made, **options)
        save_nulls(nulls, path)
        return nulls


def weights_name(encoder: Encoder) -> str:
    """An encoder's name and a hash of its weights: one trained anew is another."""
    digest = hashlib.blake2b(digest_size=6)
    add_weights(digest, encoder.model)
    return f"{encoder.name} {digest.hexdigest()}"
