"""One picture beside what it is compared with, and its cosines beside their nulls."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.one_picture import Beside
from study.figures import image_grid
from study.panels import PIXELS, shared_legend

ASKED = dict(subject="cosine to the concept’s pictures", text="cosine to the context")


def compared(references: Sequence[Image.Image], pictures: Mapping[str, Image.Image]) -> Figure:
    """The concept's pictures above; below the ones that are scored, each named."""
    figure, axes = plt.subplots(2, 1, figsize=(6.2, 3.2), layout="constrained")
    above = [dict(row="", column=str(i + 1), image=image) for i, image in enumerate(references)]
    below = [dict(row="", column=name, image=image) for name, image in pictures.items()]
    for ax, cells in zip(axes, (above, below), strict=True):
        image_grid(pd.DataFrame(cells), row="row", column="column", ax=ax, pixels=PIXELS).tick_params(labelsize=9)
    return figure


def beside_nulls(sides: Mapping[str, Beside]) -> Figure:
    """For each side the null's cosines and the hits', and where the picture lies."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for ax, (side, (x, null, hits)) in zip(axes, sides.items(), strict=True):
        edges = np.linspace(min(null.min(), hits.min(), x), max(null.max(), hits.max(), x), 31)
        ax.hist(null, edges, color="0.7", density=True, label="null: cannot be right")
        ax.hist(hits, edges, color="C2", density=True, alpha=0.6, label="hits: are right")
        ax.axvline(x, color="C3", linewidth=2.5, label="the picture")
        ax.set(xlabel=ASKED[side], ylabel="density")
    shared_legend(figure, axes[0])
    return figure
