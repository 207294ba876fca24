"""The figures of the page on length of training: pictures by step, outcomes by step, where the row goes."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from study.figures import image_grid, step_curves
from study.panels import PIXELS, picture_frames, scores_between_anchors

OF_ORACLE = {"K": "concept kept (K)", "C": "context there (C)", "B": "both in one picture (B)"}
OF_CLIP = {"R": "reconstruction", "E": "editability", "balance": "balance"}
OF_ROW = {"loss": "fixed-batch loss", "norm_ratio": "norm / vocabulary median", "cos_initial": "cosine to initializer"}
APART = 5  # a labelled step is at most this share of the next: else labels run into each other

Tiles = Mapping[str, pd.Series]  # concept -> pictures by (prompt, step)
Shown = Mapping[str, Mapping[str, str]]  # concept -> prompt, the plain one first -> how its column is called
Photos = Mapping[str, Image.Image]  # concept -> one of its training pictures


def first_of(pictures: pd.DataFrame, arm: str) -> pd.Series:
    """One word's pictures from the first noise, by (prompt, step)."""
    own = pictures[(pictures["arm"] == arm) & (pictures["seed"] == 0)]
    return own.set_index(["prompt", "step"])["image"]


def over_training(
    tiles: Tiles, photos: Photos, shown: Shown, labels: Mapping[str, str], steps: Sequence[int]
) -> Figure:
    """A row a concept: a training picture, then what the plain prompt draws at each step."""
    plain = {name: next(iter(texts)) for name, texts in shown.items()}
    cells = [dict(concept=name, column="pictures", image=photos[name]) for name in tiles]
    cells += [dict(concept=n, column=step, image=own[plain[n], step]) for n, own in tiles.items() for step in steps]
    grid = image_grid(pd.DataFrame(cells), row="concept", column="column", row_labels=dict(labels), pixels=PIXELS)
    return grid.figure


def frames(tiles: Tiles, photos: Photos, shown: Shown, labels: Mapping[str, str], steps: Sequence[int]) -> list[Figure]:
    """A frame a step, a panel a concept: a training picture, the plain prompt, and prompts with a context."""
    cells = []
    for step, name in product(steps, tiles):
        place = dict(frame=step, panel=name, row=labels[name])
        cells.append(place | dict(column="pictures", image=photos[name]))
        cells += [place | dict(column=said, image=tiles[name][text, step]) for text, said in shown[name].items()]
    return picture_frames(cells, size=(6.2, 1.45))


def by_concept(
    summary: pd.DataFrame,
    anchors: pd.DataFrame,
    labels: Mapping[str, str],
    values: Mapping[str, str],  # column -> how it is called, one row of panels each
    shaded: tuple[int, int],
) -> Figure:
    """Outcomes by step, one column a concept, between their anchors."""
    figure = scores_between_anchors(summary, anchors, labels, width=2.3, shaded=shaded, values=values)
    for ax in figure.axes:
        early_wide(ax, summary["step"])
    return figure


def together(summary: pd.DataFrame, scaled: pd.DataFrame, shaded: tuple[int, int]) -> Figure:
    """Means over concepts by step: the oracle's shares, where there are any, and CLIP's scores on the anchors' scale."""
    sides = [(summary, OF_ORACLE, "share of pictures"), (scaled, OF_CLIP, "share of the anchors’ span")]
    sides = [side for side in sides if side[0][list(side[1])].notna().any(axis=None)] or sides[1:]
    figure, axes = plt.subplots(1, len(sides), figsize=(5.2 * len(sides), 4.2), squeeze=False, layout="constrained")
    for ax, (table, drawn, said) in zip(axes.flat, sides, strict=True):
        for value, called in drawn.items():
            if len(rows := table.dropna(subset=[value])):
                step_curves(rows, value, units=units_of(rows), ax=ax, label=called, markersize=4)
        ax.axvspan(*shaded, color="0.9", zorder=0)
        ax.set(xlabel="training step", ylabel=said)
        early_wide(ax, summary["step"])
    return figure


def drift(log: pd.DataFrame) -> Figure:
    """Loss on a fixed batch, length of the row and its cosine to where it began, by step: means over concepts."""
    figure, axes = plt.subplots(1, len(OF_ROW), figsize=(11, 3.3), layout="constrained")
    for ax, (value, called) in zip(axes, OF_ROW.items(), strict=True):
        step_curves(log, value, units=units_of(log), ax=ax, markersize=4)
        ax.set(xlabel="training step", ylabel=called)
        early_wide(ax, log["step"])
    return figure


def units_of(table: pd.DataFrame) -> str:
    """What a band is over: concepts, or the words of a single one."""
    return "concept" if table["concept"].nunique() > 1 else "arm"


def early_wide(ax: Axes, steps: Iterable[int]) -> Axes:
    """Steps on a logarithmic axis with zero at its left end, so that the early ones have room."""
    steps = sorted({*steps})
    ticks = steps[-1:]
    while below := [step for step in steps if 0 < step <= ticks[0] / APART]:
        ticks.insert(0, below[-1])
    ax.set_xscale("symlog", linthresh=next(step for step in steps if step > 0), linscale=0.5)
    ax.set_xlim(0, steps[-1])
    ax.set_xticks([0, *ticks], [f"{step}" for step in (0, *ticks)])
    ax.minorticks_off()
    return ax
