"""The figures of the page on leashes: pictures from loose to tight, curves between the ends, contrasts around zero."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.kl_tradeoff import BY_CLIP, CHOSEN_ON_DEVELOPMENT, KL, POINTS, Choice, Reading, mean_curves
from study.figures import image_grid, step_curves, trade_off
from study.leashes import Tiles
from study.panels import PIXELS, bars, nothing_there, shared_legend
from study.scores import some_of
from study.truth import SMALLEST_SHARE
from study.wording import shown_name

ROWS = 4  # KL weights whose pictures are shown, beside the one in use
STABILITY = {
    "spread": "spread over seeds",
    "nearest_cosine": "cosine to the nearest word",
    "norm_ratio": "length / median",
}


def loose_to_tight(
    tiles: Tiles,  # of one concept
    photos: Sequence[Image.Image],
    called: Mapping[str, str],  # prompt -> how its column is called
    weights: Sequence[float],
    weight: float,  # the one in use
    seed: int,  # of the training
) -> Figure:
    """A row from the naive word through a few KL weights to the initializer; in the first column training pictures."""
    rungs = {("naive", 0.0): "no leash"}
    rungs |= {(KL, w): f"λ = {w:g}" for w in sorted({*some_of(list(weights), ROWS), weight})}
    rungs |= {("initializer", 0.0): "initializer"}
    cells = []
    for i, (rung, row) in enumerate(rungs.items()):
        cells.append(dict(row=row, column="training", image=photos[i % len(photos)]))
        cells += [dict(row=row, column=said, image=tiles[*rung, seed, text]) for text, said in called.items()]
    return image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS).figure


def trade(results: pd.DataFrame, reading: Reading, *, by_clip_too: bool) -> Figure:
    """Every leash over its settings, its outcomes against each other; thin, single concepts and seeds of KL."""
    panels = [(reading.kept, reading.context), (reading.kept, reading.both)] + [("R", "E")] * by_clip_too
    said, curves = BY_CLIP.said | reading.said, mean_curves(results)
    singles = mean_curves(results[results["method"] != "rescaled"], ("concept", "seed"))
    singles = singles[singles["method"] == KL]
    lone = curves[curves["method"].isin(POINTS) & (curves["strength"] == 1)].assign(anchor=lambda t: t["method"])
    figure, axes = plt.subplots(1, len(panels), figsize=(3.6 * len(panels), 4.3), layout="constrained")
    for ax, (x, y) in zip(axes, panels, strict=True):
        for _, line in singles.groupby(["concept", "seed"]):
            ax.plot(line[x], line[y], color="0.8", linewidth=0.7, zorder=0)
        lines = curves[~curves["method"].isin(POINTS)].dropna(subset=[x, y])
        if len(lines):
            trade_off(lines, x=x, y=y, hue="method", anchors=lone.dropna(subset=[x, y]), ax=ax).get_legend().remove()
        ax.set(xlabel=said[x], ylabel=said[y])
        if reading.kept in (x, y) and reading != BY_CLIP:  # shares: a few percent are to look like a few percent
            ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    if axes[0].get_legend_handles_labels()[0]:
        shared_legend(figure, axes[0], "outside lower center", ncols=4, fontsize=10)
    return figure


def equal_terms(primary: pd.DataFrame, reading: Reading) -> Figure:
    """KL minus each rival at equal likeness and at an equal pull; dotted, the smallest effect of interest."""
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 2.8), sharey=True, layout="constrained")
    values = {"equal likeness": reading.context, "equal pull": reading.both}
    for ax, (terms, value) in zip(axes, values.items(), strict=True):
        rows = primary[primary["terms"] == terms].rename(columns={"difference": "estimate"})
        ax.errorbar(rows["estimate"], rows["rival"], xerr=bars(rows), linestyle="", marker="o", color="0.2", capsize=3)
        ax.axvline(0, color="0.5", linewidth=1, zorder=0)
        ax.axvline(SMALLEST_SHARE, color="0.5", linestyle=":", linewidth=1, zorder=0)
        ax.locator_params(axis="x", nbins=5)
        ax.set(xlabel=f"{terms}: {reading.said[value]}")
        if len(known := rows["estimate"].dropna()) and not known.any():
            ax.text(0.55, 0.5, "no difference\nin any pair", va="center", transform=ax.transAxes)
    return figure


def stability(
    rungs: pd.DataFrame,  # from `by_weight`
    usual: Mapping[str, tuple[float, float]],  # where 95 % of ordinary words lie, by column
    weights: Sequence[float],
) -> Figure:
    """What changes in the word itself as the leash gets tighter: a panel a measure, by KL weight."""
    ladder = [0.0, *weights]
    rungs = rungs.assign(position=rungs["strength"].map(ladder.index))
    figure, axes = plt.subplots(1, len(STABILITY), figsize=(11, 3.1), layout="constrained")
    for ax, (value, said) in zip(axes, STABILITY.items(), strict=True):
        if rungs[value].notna().any():
            step_curves(rungs, value, x="position", units="concept", ax=ax)
        else:
            ax.text(0.5, 0.5, "one training seed:\nno spread", ha="center", va="center", transform=ax.transAxes)
        if value in usual:
            ax.axhspan(*usual[value], color="0.93", zorder=0)
        ax.set(ylabel=said)
        weight_axis(ax, ladder)
    return figure


def choice(found: Choice, reading: Reading, weights: Sequence[float], weight: float) -> Figure:
    """What the weight in use was chosen by: the development concepts by KL weight, zero being the naive word."""
    ladder, table = [0.0, *weights], found.table.reset_index()
    tried = table[table["method"].isin(CHOSEN_ON_DEVELOPMENT)].sort_values("strength")
    figure, ax = plt.subplots(figsize=(6.4, 3.4), layout="constrained")
    for value in (reading.kept, reading.context, reading.both):
        ax.plot([ladder.index(x) for x in tried["strength"]], tried[value], marker="o", label=reading.said[value])
    ax.axvline(ladder.index(weight), color="0.5", linestyle=":", linewidth=1, zorder=0)
    weight_axis(ax, ladder)
    shared_legend(figure, ax)
    return figure


def weight_axis(ax: Axes, ladder: Sequence[float]) -> None:
    """KL weights at equal distances, as the grid has them."""
    ax.set(xlabel="KL weight λ", xticks=range(len(ladder)))
    ax.set_xticklabels([f"{w:g}" for w in ladder], fontsize=9, rotation=45 if len(ladder) > 6 else 0)


def places(
    drawn: Mapping[str, tuple[str, Tiles]],  # place -> a concept and its pictures there
    texts: Mapping[str, str],  # concept -> the prompt shown
    weight: float,
    seed: int,  # of the training
) -> Figure:
    """By place a picture of the naive word and, under it, one of the word on the leash."""
    if not drawn:
        figure, ax = plt.subplots(figsize=(6.4, 1.6), layout="constrained")
        nothing_there(ax, "No place of trouble was looked at in this run.")
        return figure
    cells = []
    for place, (name, tiles) in drawn.items():
        for row, rung in (("no leash", ("naive", 0.0)), (f"λ = {weight:g}", (KL, weight))):
            image = tiles[*rung, seed, texts[name]]
            cells.append(dict(row=row, column=f"{place}\n{shown_name(name)}", image=image))
    ax = image_grid(pd.DataFrame(cells), row="row", column="column", pixels=PIXELS)
    ax.tick_params(labelsize=8)
    return ax.figure
