"""The figures of the page on a word of one's own: the pictures, the word step by step, its scores, the best of a batch."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from study.figures import image_grid, step_curves
from study.panels import PIXELS

ACROSS = 8  # pictures in a row
LARGEST = 256  # pixels a side of the pictures under the slider


def pictures(looked: pd.DataFrame) -> Figure:
    """The training pictures, some in a row; at the left the number of the first. looked: of `photos.look_over`."""
    place = pd.Series(range(len(looked)))
    tiles = looked.assign(column=place % ACROSS, line=place // ACROSS)
    number = {line: f"{ACROSS * line + 1}" for line in tiles["line"]}
    unnamed = dict.fromkeys(range(ACROSS), "")
    how = dict(row="line", column="column", column_labels=unnamed, row_labels=number, pixels=PIXELS)
    return image_grid(tiles, **how).figure


def frames(drawn: pd.DataFrame, says: Mapping[str, str], side: int) -> list[Figure]:
    """A figure a step: a row a training seed, a column a prompt, the first picture of each.

    drawn: step, `training seed`, prompt, image; says: prompt -> how it is written; side: pixels of what the model draws.
    """
    made, many = [], drawn["training seed"].nunique()
    for _, rows in drawn.groupby("step", sort=False):
        figure, ax = plt.subplots(figsize=(1.35 * len(says) + 1.2, 1.35 * many + 0.4), layout="constrained")
        how = dict(row="training seed", column="prompt", column_labels=dict(says), pixels=min(side, LARGEST))
        image_grid(rows, **how, ax=ax).tick_params(labelsize=8)
        made.append(figure)
        plt.close(figure)
    return made


def scores(scored: pd.DataFrame, step: int) -> Figure:
    """The mean score of each training seed by step, with its band over prompts; dashed, the step that is kept."""
    ax = step_curves(scored, "score", hue="training seed", units="prompt")
    ax.axvline(step, color="0.3", linestyle="--", linewidth=1)
    ax.set(xlabel="training step", ylabel=f"score: {scored['by'].iloc[0]}")
    return ax.figure


def gallery(ranked: Mapping[str, pd.DataFrame], says: Mapping[str, str]) -> Figure:
    """The best of each prompt's batch, best on the left; ranked: prompt -> of `photos.best_first`."""
    heads = [own.head(ACROSS) for own in ranked.values()]
    best = pd.concat([own.assign(place=range(1, len(own) + 1)) for own in heads])
    ax = image_grid(best, row="prompt", column="place", row_labels=dict(says), pixels=PIXELS)
    ax.tick_params(labelsize=8)
    return ax.figure
