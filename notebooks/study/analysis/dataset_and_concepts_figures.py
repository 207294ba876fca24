"""The figures of the page on pictures to learn from: sets, what words draw, and the outcomes by number and place."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.dataset_and_concepts import CALLED, OWN, WORD
from study.analysis.dataset_and_concepts_types import CLIPS, SINGLE, outcome
from study.figures import image_grid
from study.panels import PIXELS, bars, nothing_there

ACROSS = 3  # panels in a row: more would be too small to read
STEP = PIXELS + 3  # from one small picture to the next


def learned_from(rows: Mapping[str, Sequence[Image.Image]]) -> Figure:
    """Pictures that words learn from, a row a set."""
    cells = [dict(row=row, place=i, image=image) for row, images in rows.items() for i, image in enumerate(images)]
    labels = {cell["place"]: f"{cell['place'] + 1}" for cell in cells}
    return image_grid(pd.DataFrame(cells), row="row", column="place", column_labels=labels, pixels=PIXELS).figure


def _grid(cells: list[dict], labels: Mapping[str, str], heads: Mapping[str, str] | None = None) -> Figure:
    if not cells:
        figure, ax = plt.subplots(figsize=(6, 1), layout="constrained")
        nothing_there(ax, "None of these pictures are drawn by code.")
        return figure
    how = dict(row_labels=dict(labels), column_labels=dict(heads or {}), pixels=PIXELS)
    grid = image_grid(pd.DataFrame(cells), row="row", column="column", **how)
    grid.tick_params(labelsize=9)
    return grid.figure


def by_number(
    shown: pd.DataFrame,  # a row a picture: concept, set, prompt, image
    photos: Mapping[str, Image.Image],  # concept -> one of its pictures
    prompts: Mapping[str, Sequence[str]],  # concept -> the plain prompt, then those with a context
    labels: Mapping[str, str],  # concept -> how it is written
    said: Mapping[str, str],  # concept -> the first context, in words
    numbers: Sequence[str],  # the sets, in order
) -> Figure:
    """What words draw that learned from more and more pictures: the plain prompt and, below it, one with a context."""
    cells, rows = [], {}
    for name, texts in prompts.items():
        own = shown[shown["concept"] == name].set_index(["set", "prompt"])["image"]
        for i, text in enumerate(texts[:2]):
            rows[f"{name} {i}"] = f"… {said[name]}" if i else labels[name]
            cells += [dict(row=f"{name} {i}", column="a picture", image=photos[name])] if not i else []
            there = [n for n in numbers if (n, text) in own.index]
            cells += [dict(row=f"{name} {i}", column=n, image=own[n, text]) for n in there]
    return _grid(cells, rows, {n: f"from {n}" for n in numbers})


def by_place(
    shown: pd.DataFrame,  # as for `by_number`
    scenes: Mapping[str, Image.Image],  # concept -> a picture of its set in one scene
    prompts: Mapping[str, Sequence[str]],
    labels: Mapping[str, str],
    where: Mapping[str, str],  # set -> how it is called
) -> Figure:
    """What words draw that learned from pictures taken in different places; first, the one scene of a set."""
    cells = []
    for name, scene in scenes.items():
        own = shown[shown["concept"] == name].set_index(["set", "prompt"])["image"]
        cells.append(dict(row=name, column="the one scene", image=scene))
        for text, more in zip(prompts[name][:2], ("", "\n+ context"), strict=False):
            cells += [dict(row=name, column=f"{called}{more}", image=own[k, text]) for k, called in where.items()]
    return _grid(cells, labels)


def _panels(values: Sequence[str], legend: bool) -> tuple[Figure, list[Axes], Axes | None]:
    """A panel for each outcome, three in a row, and an empty one for the legend."""
    many = len(values) + legend
    down, across = -(-many // ACROSS), min(many, ACROSS)
    size = (3.3 * across, 2.9 * down)
    figure, axes = plt.subplots(down, across, figsize=size, squeeze=False, layout="constrained")
    for ax in axes.flat[len(values) :]:
        ax.set_axis_off()
    for ax, value in zip(axes.flat, values, strict=False):
        ax.set(ylabel=CALLED[value])
    return figure, list(axes.flat[: len(values)]), axes.flat[len(values)] if legend else None


def number_curves(
    summary: pd.DataFrame,  # a row a word
    level: pd.DataFrame,  # from `levels`
    values: Sequence[str],
    labels: Mapping[str, str],
    numbers: Sequence[str],
) -> Figure:
    """Each outcome by the number of pictures: thin, the concepts; thick, the mean; no line through two numbers alone."""
    figure, axes, corner = _panels(values, legend=True)
    line = "-" if len(numbers) > 2 else ""
    for ax, value in zip(axes, values, strict=True):
        for name, rows in summary[summary["set"].isin(numbers)].groupby("concept", sort=False):
            own = rows.groupby("pictures")[value].mean()
            ax.plot(own.index, own, linewidth=1, alpha=0.7, linestyle=line, marker=".", label=labels[name])
        mean = level[(level["value"] == value) & level["set"].isin(numbers)].sort_values("pictures")
        thick = dict(color="0.1", linewidth=2.5, linestyle=line, marker="o", capsize=3)
        ax.errorbar(mean["pictures"], mean["estimate"], bars(mean), label="mean", **thick)
        for name, dashes in ((WORD, ":"), (OWN, "--")):
            anchor = level[(level["value"] == value) & (level["set"] == name)]["estimate"]
            if anchor.notna().any():
                ax.axhline(anchor.item(), color="0.3", linestyle=dashes, linewidth=1.2, label=name)
        ax.set(xscale="log", xlabel="training pictures")
        ax.set_xticks([int(n) for n in numbers], numbers)
        ax.minorticks_off()
    seen = {label: handle for ax in axes for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}
    corner.legend(seen.values(), seen.keys(), fontsize=9, loc="center left", frameon=False)
    return figure


def place_dots(
    summary: pd.DataFrame,  # a row a word, of the concepts with such sets
    level: pd.DataFrame,  # from `levels`
    values: Sequence[str],
    where: Mapping[str, str],  # set -> how it is called
) -> Figure:
    """Each outcome by where the pictures were taken: grey, the concepts; in colour, the mean; dotted, the class word."""
    known = [value for value in values if summary[value].notna().any()] or list(values)
    figure, axes, _ = _panels(known, legend=False)
    for ax, value in zip(axes, known, strict=True):
        each = summary.pivot_table(index="set", columns="concept", values=value).reindex(list(where))
        ax.plot(np.arange(len(where)) + 0.1, each, color="0.75", linewidth=0.9, marker="o", markersize=3, zorder=1)
        mean = level[level["value"] == value].set_index("set").reindex([*where, WORD])
        ax.errorbar(range(len(where)), mean["estimate"][:-1], bars(mean[:-1]), linestyle="", marker="o", capsize=4)
        ax.axhline(mean.loc[WORD, "estimate"], color="0.3", linestyle=":", linewidth=1.2)
        ax.set_xlim(-0.6, len(where) - 0.4)
        ax.set_xticks(range(len(where)), [name.replace(" ", "\n") for name in where.values()], fontsize=9)
    return figure


def by_type(
    tiles: pd.DataFrame,  # a row a picture: concept, column, image; concepts in the order of their types
    by_concept: pd.DataFrame,  # from `by_concept`
    heads: Mapping[str, str],  # concept -> its type, and how it is written
) -> Figure:
    """A row a concept: a picture of it, what its word draws, and beside these its outcomes with their intervals."""
    names = list(heads)
    figure, axes = plt.subplots(
        1, 2, figsize=(9.5, max(2.4, 0.62 * len(names) + 1)), width_ratios=[2, 4.4], layout="constrained"
    )
    left, right = axes
    if tiles.empty:
        right.set_axis_off()
        return nothing_there(left, "One concept alone: types are not compared.").figure
    short = {column: column.replace(" ", "\n", 1) for column in tiles["column"]}
    how = dict(row_labels=dict(heads), column_labels=short, pixels=PIXELS, ax=left)
    image_grid(tiles, row="concept", column="column", **how)
    left.tick_params(labelsize=8)
    oracle = outcome(by_concept) == "B"
    middle = (PIXELS - 1) / 2 + STEP * np.arange(len(names))
    for i, value in enumerate(SINGLE if oracle else CLIPS):
        rows = by_concept[by_concept["value"] == value].set_index("concept").reindex(names)
        called = CALLED.get(value) or CLIPS[value]
        how = dict(xerr=bars(rows), linestyle="", marker="o", capsize=2, label=called)
        right.errorbar(rows["estimate"], middle + 0.2 * STEP * (i - 1), **how)
    right.set(ylim=left.get_ylim(), xlabel="share of pictures" if oracle else "cosine")
    right.set_yticks(middle, [""] * len(names))
    figure.legend(*right.get_legend_handles_labels(), loc="outside upper right", ncols=3, frameon=False, fontsize=9)
    return figure
