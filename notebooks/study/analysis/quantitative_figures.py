"""The figures of the page on buying and paying: pictures, contrasts, scores beside the published ones, readings."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.quantitative import COPY, DB, KL, SD, SPOKEN, TI, TRUE
from study.analysis.quantitative_readings import NEAR, named, sees_the_token
from study.analysis.quantitative_traps import EMPTY, SMEAR
from study.figures import image_grid
from study.panels import PIXELS, differences
from study.scores import SCORES
from textinv_core.learning.concepts import Concept

COLOURS = {method: f"C{i}" for i, method in enumerate((SD, TI, KL, DB, COPY, TRUE))} | {"SD + DreamBooth": "C3"}


def one_of_each(concepts: Sequence[Concept], most: int = 4) -> list[Concept]:
    """At most so many concepts, one of each kind first."""
    first = {}
    for concept in concepts:
        first.setdefault(concept.kind, concept)
    some = [*first.values(), *(c for c in concepts if c is not first[c.kind])][:most]
    return [concept for concept in concepts if concept in some]


def pictures(
    drawn: Mapping[str, pd.DataFrame],  # concept -> its pictures, one by method and prompt
    photos: Mapping[str, Image.Image],  # concept -> one of its training pictures
    heads: Mapping[str, Mapping[str, str]],  # concept -> prompt -> how its column is called
) -> Figure:
    """A row of training pictures, then one for each method; beside each other the prompts of each concept."""
    cells, called = [], {}
    for name, texts in heads.items():
        for i, (text, head) in enumerate(texts.items()):
            column = f"{name} {i}"
            called[column] = head
            cells.append(dict(row="training picture", column=column, image=photos[name]))
            own = drawn[name][drawn[name]["prompt"] == text]
            cells += [dict(row=row.method, column=column, image=row.image) for row in own.itertuples()]
    rows = len({cell["row"] for cell in cells})
    figure, ax = plt.subplots(figsize=(0.95 * len(called) + 1.8, 0.95 * rows + 0.6), layout="constrained")
    image_grid(pd.DataFrame(cells), row="row", column="column", column_labels=called, ax=ax, pixels=PIXELS)
    ax.tick_params(labelsize=8)
    return figure


def contrasts(
    primary: pd.DataFrame,
    by_concept: Mapping[str, Mapping[str, float]],
    hollow: Sequence[str],  # concepts drawn as open dots
    *,
    share: bool,  # whether the last two are shares of pictures
) -> Figure:
    """The four primary contrasts, each concept a dot: the poster's two in cosines, the note's two below."""
    figure, axes = plt.subplots(2, 1, figsize=(9, 3.8), layout="constrained")
    units = ("difference in cosine", "difference in share of pictures" if share else "difference in cosine")
    for ax, rows, unit in zip(axes, (primary[:2], primary[2:]), units, strict=True):
        called = [f"{row.new} − {row.base}\n{SPOKEN[row.value]}" for row in rows.itertuples()]
        differences(ax, rows, by_concept, called, hollow=hollow).set_xlabel(unit)
    return figure


def plane(
    numbers: pd.DataFrame,  # a row per method and measure: mean, low, high
    points: pd.DataFrame,  # both scores by (method, concept)
    published: pd.DataFrame,  # source, method and both scores
    poster: pd.DataFrame,  # those of the poster, by method
) -> Figure:
    """Reconstruction against editability, here and as published; arrows from the plain model to Textual Inversion."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4), layout="constrained")
    at, both = numbers.set_index(["value", "method"]), list(SCORES)
    for method in dict.fromkeys(numbers["method"]):
        colour = COLOURS[method]
        left.plot(*points.loc[method].to_numpy().T, ".", color=colour, alpha=0.4, markersize=5)
        x, y = (at.loc[(value, method)] for value in both)
        left.plot([x["low"], x["high"]], [y["mean"]] * 2, color=colour)
        left.plot([x["mean"]] * 2, [y["low"], y["high"]], color=colour)
        left.plot(x["mean"], y["mean"], "o", color=colour, markersize=9, label=method)
    for row in published.itertuples():
        marker = "o" if row.source.startswith("poster") else "s"
        how = dict(color=COLOURS[row.method], label=f"{row.method} ({row.source})", markersize=9)
        right.plot(row.reconstruction, row.editability, marker, **how)
    own = [[at.loc[(value, method), "mean"] for value in both] for method in (SD, TI)]
    theirs = [poster.loc[method, ["reconstruction", "editability"]] for method in (SD, TI)]
    for ax, (start, end) in ((left, own), (right, theirs)):
        ax.annotate("", end, start, arrowprops=dict(arrowstyle="->", color="0.3"))
        ax.set(xlabel="reconstruction", ylabel="editability")
        ax.margins(0.12)
        ax.legend(fontsize=9)
    return figure


def traps(
    drawn: pd.DataFrame,  # of one concept, one picture by method and prompt
    heads: Mapping[str, str],  # prompt -> how its column is called
) -> Figure:
    """The learned word above the two pictures that a score is too kind to."""
    tiles = drawn.set_index(["method", "prompt"])["image"]
    cells = [
        dict(row=method, column=head, image=tiles[method, text])
        for method in (TI, EMPTY, SMEAR)
        for text, head in heads.items()
    ]
    return image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS).figure


def readings(table: pd.DataFrame, published: float) -> Figure:
    """The share of the plain model's editability that is left, a row a reading; orange, those shown the token itself."""
    figure, ax = plt.subplots(figsize=(9, 0.34 * len(table) + 1), layout="constrained")
    for i, (row, of_token) in enumerate(zip(table.itertuples(), sees_the_token(table), strict=True)):
        shade = "C3" if of_token else "C0"
        ax.plot([row.low, row.high], [i, i], color=shade, linewidth=2)
        ax.plot(row.ratio, i, "o", color=shade, markersize=7)
    ax.axvspan(published - NEAR, published + NEAR, color="0.9", zorder=0)
    ax.axvline(published, color="0.3", linestyle="--", linewidth=1)
    ax.axvline(1, color="0.3", linestyle=":", linewidth=1.2)
    ax.set_yticks(table.index, named(table), fontsize=9)
    ax.set(xlabel="editability of SD + TI / editability of SD", ylim=(len(table) - 0.5, -0.5))
    ax.grid(axis="y", visible=False)
    return figure
