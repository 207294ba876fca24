"""Leashes compared: what a method reaches over all its settings, on the scale that the anchors span.

A table of settings has one row per concept, training seed and setting: `method`, `strength`, and the scaled scores
`R` and `E`. The two ends, the initializer and unchecked training, are where every leash is held tight or let go:
they belong to every method's front.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from textinv_core.evaluation.metrics import editability_at, hypervolume, normalised
from textinv_core.learning.tokens import Embedding

ENDS = ("initializer", "naive")


def interpolated(embedding: Embedding, start, share: float) -> Embedding:
    """`(1 - share) * start + share * learned`, rows (n, D): the simplest leash, applied after training."""
    rows = (1 - share) * start.to(embedding.rows) + share * embedding.rows
    return Embedding(embedding.placeholder, rows, f"{embedding.arm} x {share:g}", embedding.step)


def on_anchor_scale(
    summary: pd.DataFrame,  # from `summarise`: concept, reconstruction, editability
    floor: Mapping[str, tuple[float, float]],  # concept -> (reconstruction, editability) of the plain class word
    ceiling: Mapping[str, tuple[float, float]],  # and of the training pictures themselves
    editability: str = "editability_deleted",
) -> pd.DataFrame:
    """`summary` with `R` and `E`, 0 and 1 at the anchors; NaN for a concept whose anchors do not bracket both."""
    scaled = summary.assign(R=np.nan, E=np.nan)
    for concept, rows in summary.groupby("concept", sort=False):
        (r0, e1), (r1, e0) = floor[concept], ceiling[concept]
        if r1 > r0 and e1 > e0:
            scaled.loc[rows.index, "R"] = normalised(rows["reconstruction"], floor=r0, ceiling=r1)
            scaled.loc[rows.index, "E"] = normalised(rows[editability], floor=e0, ceiling=e1)
    return scaled


def fronts(
    settings: pd.DataFrame,  # concept, seed, method, strength, R, and the column `score`
    levels: Sequence[float],  # of R
    *,
    score: str = "E",
    size: int | None = None,  # settings that each method is cut down to; default: all its own
) -> pd.DataFrame:
    """One row per concept, seed and method: `hypervolume`, and `at_<level>`, the score at R = level (or NaN).

    More settings make a front look better by chance alone. With `size`, a value is the mean over all ways to
    choose that many of the method's settings; a method that has fewer gets NaN.
    """
    lines = []
    for (concept, seed), own in settings.dropna(subset=["R", score]).groupby(["concept", "seed"], sort=False):
        is_end = own["method"].isin(ENDS)
        ends = own.loc[is_end, ["R", score]].to_numpy()
        for method, rows in own[~is_end].groupby("method", sort=False):
            points = rows[["R", score]].to_numpy()
            values = []
            for some in combinations(range(len(points)), size or len(points)):
                R, E = np.concatenate([ends, points[list(some)]]).T
                values.append([hypervolume(R, E), *(editability_at(level, R, E) for level in levels)])
            mean = np.mean(values, axis=0) if values else np.full(1 + len(levels), np.nan)
            lines.append([concept, seed, method, len(points), *mean])
    return pd.DataFrame(lines, columns=["concept", "seed", "method", "settings", "hypervolume", *map(column, levels)])


def column(level: float) -> str:
    """The column of `fronts` for a level of R."""
    return f"at_{level:g}"
