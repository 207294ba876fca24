"""Two pictures that a score is too kind to: one without its subject, and a smear of the training pictures."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from PIL import Image, ImageFilter

EMPTY, SMEAR = "no subject", "smear"
BLUR = 0.08  # of the side


def without_subject(prompt: str) -> str:
    """`a photo of {} in the snow` -> `a photo in the snow`; `a lake in the style of {}` -> `a lake`."""
    for phrase in (" in the style of {}", " of {}"):
        if phrase in prompt:
            return prompt.replace(phrase, "")
    return " ".join(prompt.replace("{}", "").split())


def smear(images: Sequence[Image.Image]) -> Image.Image:
    """The mean of pictures of one size, blurred."""
    mean = np.mean([np.asarray(image.convert("RGB"), dtype=float) for image in images], axis=0)
    return Image.fromarray(mean.round().astype(np.uint8)).filter(ImageFilter.GaussianBlur(BLUR * images[0].width))


def smeared(images: Sequence[Image.Image], prompts: Sequence[str]) -> pd.DataFrame:
    """The smear as if it had been drawn for every prompt, as a table of pictures."""
    return pd.DataFrame(dict(arm=SMEAR, step=0, prompt=p, text="", seed=0, image=smear(images)) for p in prompts)


def tempting(draw: Callable, images: Sequence[Image.Image], prompts: Sequence[str]) -> list[pd.DataFrame]:
    """Both, for every prompt, with their `method`; draw(None, texts) gives the plain model's pictures."""
    bare = {without_subject(prompt): prompt for prompt in prompts}
    empty = draw(None, list(bare)).replace({"prompt": bare}).assign(method=EMPTY, arm=EMPTY)
    return [empty, smeared(images, prompts).assign(method=SMEAR)]


def traps_said(numbers: pd.DataFrame, learned: str) -> str:
    """What each trap scores beside the learned word, and what the oracle finds in it, in words."""
    at = numbers.set_index(["method", "value"])["mean"]
    empty, smeary = (
        f"{at[trap, value]:.2f} against {at[learned, value]:.2f}"
        for trap, value in ((EMPTY, "editability_deleted"), (SMEAR, "reconstruction"))
    )
    told = f"Pictures without the subject have an editability of {empty} for the learned word’s; "
    told += f"a smear has a reconstruction of {smeary}."
    both = [at[trap, "both_seen"] for trap in (EMPTY, SMEAR)]
    if np.isfinite(both).all():
        told += f" The oracle finds concept and context in {100 * both[0]:.0f} % of the one and {100 * both[1]:.0f} % of the other."
    return told
