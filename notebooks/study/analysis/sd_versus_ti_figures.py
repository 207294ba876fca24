"""The figures of the page on class word and learned word: their pictures side by side, and what each scores."""

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.sd_versus_ti import LEARNED, PLAIN
from study.figures import image_grid
from study.panels import PIXELS

PANELS = {"concept_seen": "concept kept (share of pictures)", "reconstruction": "likeness", "text_deleted": "text"}
SCORED = ("reconstruction", "text_deleted")  # of which single pictures are shown: the oracle says only yes or no


def _line(ax: Axes, said: str, images: Sequence[Image.Image], under: Sequence[str], wide: int) -> None:
    """A line of pictures, at the scale of one that is `wide`: a prompt beside it, a text under each."""
    cells = pd.DataFrame([dict(row=said, column=i, image=image) for i, image in enumerate(images)])
    ax.set_axis_on()
    image_grid(cells, row="row", column="column", column_labels=dict(enumerate(under)), ax=ax, pixels=PIXELS)
    ax.tick_params(labelsize=8)
    ax.tick_params(axis="x", labeltop=False, labelbottom=True, pad=1)
    ax.set_xlim(-0.5, (PIXELS + 3) * wide)  # the pictures stand a gap of three pixels apart


def side_by_side(
    tiles: pd.DataFrame,  # a row a picture: concept, prompt, method, text, image (its noise), picture, SCORED
    photos: Mapping[str, Sequence[Image.Image]],  # concept -> its training pictures
) -> Figure:
    """A block for each concept and prompt: training pictures, the class word's, the learned word's; a column a noise."""
    blocks = list(tiles.groupby(["concept", "prompt"], sort=False))
    wide, across, down = max(tiles["image"].nunique(), 3), min(2, len(blocks)), -(-len(blocks) // 2)
    how = dict(figsize=((1.05 * wide + 1.3) * across, 3.9 * down), layout="constrained", squeeze=False)
    ratios = [1.08, 1.08, 1.08, 0.15] * down  # a narrow empty row below each block
    figure, axes = plt.subplots(4 * down, across, height_ratios=ratios, **how)
    for ax in axes.flat:
        ax.set_axis_off()
    for i, ((name, _), own) in enumerate(blocks):
        first, *rest = axes[4 * (i // across) : 4 * (i // across) + 3, i % across]
        _line(first, "training\npictures", photos[name], [""] * len(photos[name]), wide)
        for ax, (_, rows) in zip(rest, own.groupby("method", sort=False), strict=True):
            said = textwrap.fill(rows["text"].iloc[0], 17, break_on_hyphens=False)
            _line(
                ax, said, list(rows["picture"]), rows[list(SCORED)].map("{:.2f}".format).agg(" · ".join, axis=1), wide
            )
    return figure


def slopes(
    paired: pd.DataFrame,  # a row a picture: concept, prompt, text, method, seed, image (its noise), PANELS
    ceilings: Mapping[str, float],  # concept -> the likeness that training pictures have among themselves
) -> Figure:
    """From the class word (open) to the learned word (filled), prompt by prompt; thin, single noises and seeds."""
    blocks = list(paired.groupby(["concept", "prompt"], sort=False))
    panels = {value: called for value, called in PANELS.items() if paired[value].notna().any()}
    figure, axes = plt.subplots(1, len(panels), figsize=(5.2 * len(panels), 3.8), squeeze=False, layout="constrained")
    texts = [own.loc[own["method"] == LEARNED, "text"].iloc[0] for _, own in blocks]
    for ax, (value, called) in zip(axes.flat, panels.items(), strict=True):
        for i, ((name, _), own) in enumerate(blocks):
            ends = own.pivot_table(index=["seed", "image"], columns="method", values=value, dropna=False)
            ends = ends[[PLAIN, LEARNED]].to_numpy()
            if value in SCORED:
                ax.plot([i - 0.2, i + 0.2], ends.T, color="0.75", linewidth=0.6)
            ax.plot([i - 0.2, i + 0.2], ends.mean(0), color="C0", linewidth=2.5, marker="o", markevery=[1])
            ax.plot(i - 0.2, ends.mean(0)[0], color="C0", marker="o", markerfacecolor="white")
            if value == "reconstruction":
                ax.hlines(ceilings[name], i - 0.3, i + 0.3, color="0.3", linestyle="--", linewidth=1)
        named = [textwrap.fill(text, 16, break_on_hyphens=False) for text in texts]
        ax.set_xticks(range(len(blocks)), named, fontsize=8)
        ax.set(ylabel=called, xlim=(-0.5, len(blocks) - 0.5))
        ax.grid(axis="x", visible=False)
    return figure
