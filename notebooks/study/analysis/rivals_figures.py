"""The figures of the page on rivals: pictures of every method, one front, how sure the order is."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from study.analysis.rivals_compared import Compared
from study.figures import image_grid
from study.methods import CEILINGS, CLASS_WORD, NAIVE, shown_method
from study.panels import PIXELS, bars
from study.truth import SMALLEST_SHARE

FIRST = 3  # of the best methods are in the first figure
MARKS = "o^sDvP*Xph"


def picked(table: pd.DataFrame, learned: Sequence[str]) -> list[str]:
    """The rows of the first figure, best B first: the best learned words, plain Textual Inversion, KL, and the ends."""
    best = [method for method in table.index if method in learned][:FIRST]
    return [m for m in table.index if m in (*best, NAIVE, "kl", CLASS_WORD, *CEILINGS)]


def pictures(
    tiles: pd.Series,  # of one concept, by (method, value, prompt)
    photos: Sequence[Image.Image],
    heads: Mapping[str, str],  # prompt -> how its column is called
    methods: Sequence[str],
    values: Mapping[str, float],  # method -> its chosen setting
) -> Figure:
    """A row for each method at its chosen setting, below a row of training pictures."""
    cells = [dict(row="training", column=text, image=image) for text, image in zip(heads, photos, strict=False)]
    for method in methods:
        own = [(text, tiles.get((method, values[method], text))) for text in heads]
        cells += [dict(row=shown_method(method), column=text, image=image) for text, image in own if image is not None]
    rows = len({cell["row"] for cell in cells})
    figure, ax = plt.subplots(figsize=(0.95 * len(heads) + 1.8, 0.95 * rows + 0.4), layout="constrained")
    image_grid(pd.DataFrame(cells), row="row", column="column", column_labels=dict(heads), ax=ax, pixels=PIXELS)
    ax.tick_params(labelsize=8)
    return figure


def front(
    means: pd.DataFrame,  # K, C and B by (method, value)
    values: Mapping[str, float],  # method -> its chosen setting
    *,
    share: bool,  # whether B is a share of pictures, which K and C give as their product where they are independent
) -> Figure:
    """Every method over its settings, C against K; the large mark is the chosen setting, its shade what B is there.

    What no development concept has, such as a true name, has no chosen setting, and is left out here as in the table.
    """
    figure, ax = plt.subplots(figsize=(9.5, 5.6), layout="constrained")
    reach = np.linspace(0, max(1.0, np.nan_to_num(means[["K", "C"]].max().max())), 101)
    product = reach[:, None] * reach if share else np.sqrt(reach[:, None] * reach)
    lines = ax.contour(reach, reach, product, levels=np.arange(0.1, 1, 0.1), colors="0.8", linewidths=1)
    ax.clabel(lines, fontsize=8)
    scale = dict(cmap="cividis", vmin=0, vmax=max(0.1, np.nan_to_num(means["B"].max())))
    among = means[means.index.isin(list(values.keys()), level="method")]
    for i, (method, own) in enumerate(among.groupby(level="method", sort=False)):
        line, mark = own.sort_index(), dict(color=f"C{i % 10}", marker=MARKS[(i + i // 10) % len(MARKS)])
        ax.plot(line["K"], line["C"], **mark, markersize=5, linewidth=1, alpha=0.6, label=shown_method(method))
        x, y, B = own.loc[(method, values[method]), ["K", "C", "B"]]
        shade = ax.scatter(
            x, y, c=[B], marker=mark["marker"], s=150, edgecolor=mark["color"], linewidth=2, zorder=3, **scale
        )
    figure.legend(*ax.get_legend_handles_labels(), loc="outside right upper", fontsize=9)
    figure.colorbar(shade, ax=ax, label="B")
    left, low = np.nan_to_num(among[["K", "C"]].min())
    low = min(low, max(0, np.floor(10 * low - 1) / 10))  # where C is nearly whole for all, look closer
    ax.set(xlim=(min(0, left) - 0.03, reach[-1] + 0.03), ylim=(low - 0.03, reach[-1] + 0.03))
    ax.set(xlabel="K: the concept is kept", ylabel="C: the context is there")
    return figure


def ranking(found: Compared, learned: Sequence[str]) -> Figure:
    """B minus the naive word's, with intervals, and beside it how often each method comes out first."""
    order = [method for method in found.table.index if method in learned]
    gains = found.against.reindex(order).fillna({"estimate": 0.0})
    rows = range(len(order))
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9.5, 0.34 * len(order) + 1.2), sharey=True, layout="constrained"
    )
    left.errorbar(gains["estimate"], rows, xerr=bars(gains), fmt="o", color="C0", capsize=2)
    left.axvspan(-SMALLEST_SHARE, SMALLEST_SHARE, color="0.92", zorder=0)
    left.axvline(0, color="0.4", linewidth=1)
    left.set_yticks(rows, [shown_method(method) for method in order], fontsize=9)
    left.set(xlabel="B minus the naive word’s", ylim=(len(order) - 0.5, -0.5))
    right.barh(rows, found.best.reindex(order), color="C1")
    right.set(xlabel="share of studies in which it is best", xlim=(0, 1))
    return figure
