"""What the probes are held against: rungs of pictures more and more unlike the concept, and texts that fit."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from PIL import Image

from textinv_core.learning.concepts import Concept, load_images

RUNGS = ("own", "look_alike", "other_person", "backpack")  # expected order of similarity, highest first


def rung_images(
    concept: Concept,
    size: int,  # pixels a side
    stand_ins: Mapping[str, Sequence[Image.Image]],  # for rungs without a folder
    count: int = 12,
) -> dict[str, tuple[list[Image.Image], str]]:
    """Rung -> up to `count` pictures and where they come from; rungs with nothing to show are left out.

    From the concept's `probes/` folder; else its own are the held-out pictures, filled up with training pictures.
    """
    rungs = {}
    for rung in RUNGS:
        if rung in concept.probes:
            rungs[rung] = (load_images(concept.probes[rung][:count], size), "probe pictures")
        elif rung == "own":
            paths = [*concept.held_out, *concept.images][:count]
            seen = len(paths) - len(concept.held_out[:count])
            rungs[rung] = (load_images(paths, size), f"{len(paths) - seen} held out, {seen} from training")
        elif stand_ins.get(rung):
            rungs[rung] = (list(stand_ins[rung][:count]), "stand-ins")
    return rungs


def fitting(tokenizer, text: str) -> str:
    """As many of the text's words as the text encoder has room for."""
    words = text.split()
    while len(tokenizer(" ".join(words)).input_ids) > tokenizer.model_max_length and len(words) > 1:
        words.pop()
    dangling = ("a", "an", "the", "and", "with", "of", "in", "on", "its")
    while len(words) < len(text.split()) and words[-1].strip(",") in dangling:
        words.pop()
    return " ".join(words).rstrip(",")


def picture_differences(pictures: pd.DataFrame, plain: str, judge) -> pd.Series:
    """1 - cosine of each picture to the `plain` prompt's of the same arm, step and noise; NaN for the plain ones."""
    table = pictures.reset_index(drop=True)
    features = judge.image_features(list(table["image"]))
    same = ["arm", "step", "seed"]
    of_plain = table[table["prompt"] == plain].reset_index().set_index(same)["index"]
    base = torch.tensor(of_plain.loc[list(table[same].itertuples(index=False, name=None))].to_list())
    differs = 1 - (features * features[base]).sum(1).double().numpy()
    return pd.Series(np.where(table["prompt"] == plain, np.nan, differs), index=pictures.index)


def place_among(ordinary: pd.DataFrame, norm: float, cosine: float) -> dict[str, float | bool]:
    """Shares of ordinary words that are shorter, and that are lonelier; `outside`: beyond 95 % of them in either."""
    shorter = float((ordinary["norm"] < norm).mean())
    lonelier = float((ordinary["cosine"] < cosine).mean())
    return dict(shorter=shorter, lonelier=lonelier, outside=not 0.025 <= shorter <= 0.975 or lonelier < 0.025)
