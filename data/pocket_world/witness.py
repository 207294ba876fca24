"""What the oracle sees of drawn pictures, as columns to stand beside their scores."""

import numpy as np
import pandas as pd

from pocket_world.oracle import certainty, context_of, load_oracle
from textinv_core.paths import MODELS


def open_oracle(model):
    """The oracle of the pocket model's world; None for any other model, and where it has not been trained."""
    there = model == "pocket" and (MODELS / "pocket_oracle" / "config.json").exists()
    return load_oracle() if there else None


def sees(oracle, pictures, phrases, concept=None, graded=False):
    """Per picture 1.0 or 0.0: `concept_seen`, and `context_seen` for what its prompt's phrase names.

    pictures: a table with `prompt` and `image`; phrases: {prompt: phrase}; concept: a name, which the oracle may not
    know; graded: its certainty, 0 to 1, in place of a yes or no at one half. NaN where it cannot tell; without an
    oracle everywhere. The index is that of `pictures`.
    """
    seen = pd.DataFrame(np.nan, index=pictures.index, columns=["concept_seen", "context_seen"])
    if oracle is None:
        return seen
    answers = oracle(list(pictures["image"]))
    if concept in answers["concept"]["labels"]:
        seen["concept_seen"] = certainty(answers, concept=concept)
    for prompt in pictures["prompt"].unique():
        if asked := context_of(phrases.get(prompt)):
            own = (pictures["prompt"] == prompt).to_numpy()
            seen.loc[own, "context_seen"] = certainty(answers, **asked)[own]
    return seen if graded else (seen >= 0.5).astype(float).where(seen.notna())
