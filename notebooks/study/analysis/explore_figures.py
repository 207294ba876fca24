"""The frames of the page to look around on: one concept by KL weight and prompt, a frame a training step."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from study.figures import image_grid


def frames(
    cells: pd.DataFrame,  # a row a picture: step, weight, prompt, image
    said: Mapping[str, str],  # prompt -> what it says beside the word
    pixels: int,  # a side of a picture
) -> list[Figure]:
    """What a slider over the steps moves through: downwards the KL weights, to the right the prompts."""
    down, across = cells["weight"].nunique(), cells["prompt"].nunique()
    made = []
    for _, rows in cells.groupby("step", sort=False):
        figure, ax = plt.subplots(figsize=(1.35 * across + 1.2, 1.35 * down + 0.4), layout="constrained")
        labels = {weight: f"λ = {weight:g}" for weight in rows["weight"].unique()}
        how = dict(row_labels=labels, column_labels=dict(said), ax=ax, pixels=pixels)
        image_grid(rows, row="weight", column="prompt", **how).tick_params(labelsize=8)
        made.append(figure)
        plt.close(figure)
    return made
