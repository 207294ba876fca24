"""Nulls: pictures of a concept's class by the plain model, as features; what a similarity is read beside.

They cannot show the concept, whose pictures the model never saw: the subject's null. Those drawn for other prompts
show other contexts: the text's null. Kept as safetensors, with what made them; made otherwise, they are stale.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from torch import Tensor

from textinv_core.evaluation.judges import Judge, weights_name
from textinv_core.evaluation.metrics import SMALLEST_NULL
from textinv_core.files import load_tensors, write_tensors
from textinv_core.learning.concepts import Concept, class_phrase, data_hash

NULL_SEED = 100_000  # noise of the pictures that nulls are made of: never that of pictures ranked
OWN_SEED = 200_000  # noise of a batch to choose from: neither that of nulls nor that of the pages' own pictures


@dataclass(frozen=True)
class Nulls:
    """What the plain model drew for the class word, as features; which prompt each picture was drawn for."""

    pictures: Tensor  # (N, D), the judge's
    prompts: tuple[str, ...]  # (N,)
    made: dict  # by which model and judge, for which data, from which prompts and seeds

    def __post_init__(self):
        sizes = {len(self.pictures), len(self.prompts)}
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
    judge: Judge,
    prompts: Sequence[str],  # "{}" stands for the class word
    seeds: Sequence[int],
    **made,  # whatever else decides the pictures: model, guidance_scale, ...
) -> dict:
    """What decides a concept's nulls: a cache made otherwise is stale."""
    decides = dict(concept=concept.name, data=data_hash(concept), word=class_phrase(concept), **made)
    decides |= dict(judge=weights_name(judge), prompts=list(prompts), seeds=list(seeds))
    return json.loads(json.dumps(decides, default=str))


def build_nulls(
    pictures: pd.DataFrame,  # columns prompt and image: of the plain model, the class word in the prompts
    judge: Judge,
    *,
    made: Mapping | None = None,  # from `describe_nulls`
) -> Nulls:
    """The features of the class's pictures; ValueError if there are fewer than 200."""
    images = list(pictures["image"])
    if len(images) < SMALLEST_NULL:  # before the judge works
        raise ValueError(f"nulls: expected {SMALLEST_NULL} or more pictures of the class word, got {len(images)}")
    return Nulls(judge.image_features(images), tuple(pictures["prompt"]), dict(made or {}))


def save_nulls(nulls: Nulls, path: str | Path) -> Path:
    """Write them as safetensors, what they are made of in the header."""
    return write_tensors(path, {"pictures": nulls.pictures}, {"prompts": nulls.prompts, "made": nulls.made})


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


def cached_nulls(path: str | Path, draw: Callable[[], pd.DataFrame], judge: Judge, made: Mapping) -> Nulls:
    """The nulls at `path` if they were `made` this way; else built from what `draw` returns, and kept there."""
    try:
        return load_nulls(path, made)
    except ValueError:
        nulls = build_nulls(draw(), judge, made=made)
        save_nulls(nulls, path)
        return nulls
