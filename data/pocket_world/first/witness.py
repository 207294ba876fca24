"""What the oracle sees of drawn pictures, as columns to stand beside their scores."""

import numpy as np
import pandas as pd

from pocket_world.first.oracle import accepts, context_of, load_oracle
from textinv_core.paths import MODELS


def open_oracle(model):
    """The oracle of the pocket model's world; None for any other model, and where it has not been trained."""
    there = model == "pocket" and (MODELS / "pocket_oracle" / "config.json").exists()
    return load_oracle() if there else None


def sees(oracle, pictures, phrases, concept=None):
    """Per picture 1.0 or 0.0: `concept_seen`, and `context_seen` for what its prompt's phrase names.

    pictures: a table with `prompt` and `image`; phrases: {prompt: phrase}; concept: a name, which the oracle may not
    know. NaN where it cannot tell; without an oracle everywhere. The index is that of `pictures`.
    """
    seen = pd.DataFrame(np.nan, index=pictures.index, columns=["concept_seen", "context_seen"])
    if oracle is None:
        return seen
    answers = oracle(list(pictures["image"]))
    if concept in answers["concept"]["labels"]:
        seen["concept_seen"] = accepts(answers, concept=concept).astype(float)
    for prompt in pictures["prompt"].unique():
        if asked := context_of(phrases.get(prompt)):
            own = (pictures["prompt"] == prompt).to_numpy()
            seen.loc[own, "context_seen"] = accepts(answers, **asked)[own].astype(float)
    return seen
