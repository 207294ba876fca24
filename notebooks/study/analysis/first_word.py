"""One word and some sentences: which picture of each is shown, and how many are right. Tables in, words out."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from study.scores import dense_early, some_of
from study.wording import percent

LOOKED_AT = 7  # steps on the slider, besides the first


def looked_at(steps: int) -> list[int]:
    """The steps that a slider shows, besides step 0: close together at first, the last one in any case."""
    return some_of(dense_early(steps), LOOKED_AT)


def right(seen: pd.DataFrame, plain: str) -> pd.Series:
    """Whether each picture shows what its sentence asks for: of the plain one the concept, of the others both.

    seen: a row per picture with `prompt` and the oracle's `concept_seen` and `both_seen`; NaN where it cannot tell.
    """
    return seen["both_seen"].where(seen["prompt"] != plain, seen["concept_seen"])


def noise_of(seen: pd.DataFrame, plain: str) -> dict[str, int]:
    """For each sentence the first noise (`seed`) whose picture is right; the first of all where none is."""
    good = seen.assign(right=right(seen, plain).eq(1))
    return {
        prompt: int(rows["seed"].iloc[rows["right"].to_numpy().argmax()])
        for prompt, rows in good.groupby("prompt", sort=False)
    }


def told(seen: pd.DataFrame, plain: str, *, model: str, word: str, steps: int, images: int) -> dict[str, str]:
    """The answer, and what else the page quotes of the pictures learned from and those drawn."""
    share = right(seen, plain).mean()
    learned = f"On {model}, {steps} steps turn a handful of pictures into the word {word}"
    if np.isfinite(share):
        answer = f"{learned}; of the pictures it then draws, {percent(share)} show what their sentence asks for."
        judged = "The oracle, which knows the drawn world, says whether a picture shows what its sentence asks for."
    else:
        answer = f"{learned}; what its pictures show is for you to judge."
        judged = "No oracle knows what this model’s pictures show, so the first picture of each sentence is shown."
    sizes = dict(n_images=f"{images}", n_drawn=f"{len(seen)}", n_noises=f"{seen['seed'].nunique()}")
    return dict(verdict_short=answer, judged=judged, share=percent(share), **sizes)


def sayings(prompts: list[str], says: Mapping[str, str], word: str) -> dict[str, str]:
    """Sentence -> how a figure calls it: by what it says beside the word, the plain one in full."""
    return {prompt: says.get(prompt) or prompt.replace("{}", word) for prompt in prompts}
