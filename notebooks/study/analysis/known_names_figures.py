"""The figures of the page on known names: what the words draw side by side, and how near their rows come."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from study.analysis.known_names import ANY, KL, SD, TI, TRUE
from study.panels import PIXELS
from study.stacks import stacked_grids
from study.wording import shown_name
from textinv_core.learning.concepts import Concept, context_prompts, load_images

PHOTO = "training picture"
PANELS = ("plain prompt", "in a context")
PLACES = {"cosine": "cosine to the true name’s row", "farther": "share of all words that are farther off"}
WORDS = {ANY: "random\nword", SD: "class\nword", TI: "naive", KL: "KL"}


def tiles_of(concept: Concept, texts: Sequence[str], drawn: Sequence[tuple[str, pd.DataFrame]]) -> list[dict]:
    """What `pictures` shows of a concept: a training picture, and of each method the first picture of a prompt.

    texts: the plain prompt, then those with a context; drawn: methods and their words' pictures, the first noise first.
    """
    tiles, (photo,) = [], load_images(concept.images[:1], PIXELS)
    for panel, text, phrase in zip(PANELS, texts, ["", *context_prompts(concept.kind).values()], strict=False):
        place = dict(panel=panel, column=f"{shown_name(concept.name)}\n“{concept.true_name}”\n{phrase}".strip())
        tiles.append(place | dict(row=PHOTO, image=photo))
        for method, own in drawn:
            tiles.append(place | dict(row=method, image=own[own["prompt"] == text]["image"].iloc[0]))
    return tiles


def pictures(tiles: Sequence[dict]) -> Figure:
    """A column a concept: a training picture, then each word's, the true name's first."""
    return stacked_grids(pd.DataFrame(tiles), PANELS, (PHOTO, TRUE, TI, KL, SD))


def rows(where: pd.DataFrame) -> Figure:
    """How near each word's row lies to the true name's: a dot a concept, black the mean; where: of `places`."""
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
    for ax, (value, said) in zip(axes, PLACES.items(), strict=True):
        for x, method in enumerate(WORDS):
            each = of_concepts(where, method, value)
            ax.plot([x + 0.12] * len(each), each, "o", color=f"C{x}", alpha=0.6, markersize=5)
            ax.plot(x, each.mean(), "s", color="black", markersize=7)
        ax.set_xticks(range(len(WORDS)), WORDS.values())
        ax.set(ylabel=said)
        ax.axhline(dict(cosine=0, farther=0.5)[value], color="0.4", linestyle=":")
    return figure


def of_concepts(where: pd.DataFrame, method: str, value: str) -> pd.Series:
    """A method's mean over training seeds, concept by concept."""
    return where[where["method"] == method].groupby("concept")[value].mean()
