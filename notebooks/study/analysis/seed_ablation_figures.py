"""The figures of the page on training seeds: what they draw, whose the variance is, how far apart all ends."""

from collections.abc import Mapping, Sequence
from itertools import combinations, product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.seed_ablation import CALLED, Apart
from study.figures import image_grid
from study.panels import PIXELS, interval_rows, picture_frames, shared_legend

SOURCES = {"seed": ("training seed", "C1"), "noise": ("noise", "C0"), "rest": ("rest", "0.85")}
DIFFERS = {"seeds": "training seed", "noises": "noise", "both": "both"}

Columns = Mapping[tuple[str, int], str]  # (prompt, noise) -> how it is called
Tiles = Mapping[int, pd.Series]  # training seed -> pictures by (prompt, noise)


def columns_of(texts: Sequence[str], called: Mapping[str, str], noises: Sequence[int], contexts: int) -> Columns:
    """The plain prompt, first of the texts, from every noise; then some of those with a context, from the first."""
    plain, *others = texts
    columns = {(plain, noise): f"noise {noise}" for noise in noises}
    return columns | {(text, noises[0]): called[text] for text in others[:contexts]}


def by_noise(rows: Mapping[str, pd.Series], columns: Columns) -> Figure:
    """Pictures in rows (name -> pictures by (prompt, noise)), the same noise and prompt in a column."""
    cells = [dict(row=r, column=said, image=own[at]) for r, own in rows.items() for at, said in columns.items()]
    return image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS).figure


def frames(
    tiles: Mapping[str, Tiles],  # by concept
    photos: Mapping[str, Image.Image],
    columns: Mapping[str, Columns],
    labels: Mapping[str, str],
) -> list[Figure]:
    """A frame a training seed, a panel a concept: a training picture, then the concept's columns."""
    cells = []
    for seed, name in product(next(iter(tiles.values())), tiles):
        place, own = dict(frame=seed, panel=name, row=labels[name]), tiles[name][seed]
        cells.append(place | dict(column="pictures", image=photos[name]))
        cells += [place | dict(column=said, image=own[at]) for at, said in columns[name].items()]
    return picture_frames(cells, size=(7.4, 1.5))


def variance(table: pd.DataFrame, labels: Mapping[str, str], mark: float) -> Figure:
    """Stacked shares of the variance (from `shares_by_concept`), a panel an outcome; dashed, what is substantial."""
    who = [labels.get(name, "all together") for name in dict.fromkeys(table["concept"])]
    many, rows = table["score"].nunique(), range(len(who))
    size = (2.8 * many + 1.5, 1.3 + 0.55 * len(who))
    figure, axes = plt.subplots(1, many, figsize=size, sharey=True, squeeze=False, layout="constrained")
    for ax, (score, split) in zip(axes.flat, table.groupby("score", sort=False), strict=True):
        begun = np.zeros(len(who))
        for source, (said, colour) in SOURCES.items():
            width = np.nan_to_num(split.loc[split["source"] == source, "estimate"].clip(0))
            ax.barh(rows, width, left=begun, color=colour, height=0.6, label=said)
            begun += width
        ends = split.loc[split["source"] == "seed", ["low", "high"]].clip(0, 1).to_numpy().T
        ax.plot(ends, [rows] * 2, color="black", linewidth=2, marker="|", markersize=9)
        ax.axvline(mark, color="0.3", linestyle="--", linewidth=1)
        ax.set(xlabel=CALLED.get(score, score), xlim=(0, 1), yticks=rows, yticklabels=who)
    axes[0, 0].invert_yaxis()
    shared_legend(figure, axes[0, 0], ncols=3)
    return figure


def distances(apart: Apart, labels: Mapping[str, str]) -> Figure:
    """How far apart pictures are when the training seed differs, the noise, or both: a panel a kind of prompt."""
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 2.7), sharey=True, sharex=True, layout="constrained")
    for ax, (kind, rows) in zip(axes, apart.table.groupby("prompt", sort=False), strict=True):
        each = [apart.each[kind, what] for what in rows["differs"]]
        interval_rows(ax, rows, each, list(DIFFERS.values()), labels)
        ax.set(xlabel=f"distance of pictures, {kind}", xlim=(0, None))
    axes[0].set_ylabel("what differs")
    shared_legend(figure, axes[0], "outside right upper")
    return figure


def learned_rows(cosines: Mapping[str, np.ndarray], seeds: Sequence[int], labels: Mapping[str, str]) -> Figure:
    """Cosines between the rows of the training seeds: all pairs of the first concept, and of each concept a dot a pair."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.6), layout="constrained")
    first, pairs = next(iter(cosines)), list(combinations(range(len(seeds)), 2))
    shown = left.imshow(cosines[first], cmap="cividis", vmin=min(1, cosines[first].min()), vmax=1)
    places = dict(xticks=range(len(seeds)), yticks=range(len(seeds)), xticklabels=seeds, yticklabels=seeds)
    left.set(xlabel=f"training seed\n{labels[first]}", ylabel="training seed", **places)
    left.grid(False)
    figure.colorbar(shown, ax=left, label="cosine")
    for y, matrix in enumerate(cosines.values()):
        right.plot([matrix[pair] for pair in pairs], [y] * len(pairs), "o", color="C0", markersize=6, alpha=0.6)
    named = [labels[name] for name in cosines]
    right.set(
        xlabel="cosine of learned rows", yticks=range(len(named)), yticklabels=named, ylim=(len(named) - 0.4, -0.6)
    )
    return figure
