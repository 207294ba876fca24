"""Leashes compared: what a method reaches over all its settings, on the scale that the anchors span.

A table of settings has one row per concept, training seed and setting: `method`, `strength`, and the scaled scores
`R` and `E`. The two ends, the initializer and unchecked training, are where every leash is held tight or let go:
they belong to every method's front.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from textinv_core.metrics import editability_at, hypervolume, normalised
from textinv_core.stats import hierarchical_bootstrap, paired_differences, sign_flip_test
from textinv_core.tokens import Embedding

ENDS = ("initializer", "naive")
FEWEST = 3  # concepts below which an interval over concepts decides nothing


class Contrast(NamedTuple):
    """A paired difference with its interval; NaN where there is nothing to compare."""

    estimate: float
    low: float
    high: float
    p: float  # sign flips over concepts, two-sided, not adjusted
    concepts: int
    pairs: int  # of concept and seed

    @property
    def sign(self) -> int:
        """1 or -1 where the interval lies above or below 0 and rests on enough concepts, else 0."""
        if self.concepts < FEWEST:
            return 0
        return int(self.low > 0) - int(self.high < 0)


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


def contrast(
    table: pd.DataFrame, value: str, *, arm: str, new, base, pair: Sequence[str] = ("concept", "seed"), **options
) -> Contrast:
    """`new` minus `base` in `value` over paired rows, with interval and p; `options` go to the bootstrap."""
    there = table.dropna(subset=[value])
    if not {new, base} <= set(there[arm]):
        return Contrast(*[float("nan")] * 4, 0, 0)
    rows = paired_differences(there, value, arm=arm, new=new, base=base, pair=pair)
    if rows.empty:
        return Contrast(*[float("nan")] * 4, 0, 0)
    of_concepts = rows.groupby("concept")["difference"].mean()
    p = sign_flip_test(of_concepts) if len(of_concepts) > 1 else float("nan")
    found = hierarchical_bootstrap(rows, "difference", list(pair), **options)
    return Contrast(found.estimate, *_bounds(found, rows), p, len(of_concepts), len(rows))


def mean_interval(table: pd.DataFrame, value: str, levels: Sequence[str] = ("concept", "seed")) -> Contrast:
    """The mean of `value` over concepts and seeds with its interval; NaN where there is no value."""
    there = table.dropna(subset=[value])
    if there.empty:
        return Contrast(*[float("nan")] * 4, 0, 0)
    found = hierarchical_bootstrap(there, value, list(levels))
    return Contrast(found.estimate, *_bounds(found, there), float("nan"), there["concept"].nunique(), len(there))


def _bounds(found, rows: pd.DataFrame) -> tuple[float, float]:
    """An interval's bounds; NaN for a single row, which resampling cannot vary."""
    return (found.low, found.high) if len(rows) > 1 else (float("nan"), float("nan"))


def spread_over_seeds(settings: pd.DataFrame) -> pd.DataFrame:
    """One row per concept and setting: how far apart training seeds end, `spread` = sqrt(var R + var E).

    NaN with a single seed. `sd_R`, `sd_E`, `sd_loss` are standard deviations over seeds, `R` the mean.
    """
    groups = settings.groupby(["concept", "method", "strength"], sort=False)
    table = groups[["R", "E", "loss"]].std().rename(columns="sd_{}".format)
    table["spread"] = np.sqrt(table["sd_R"] ** 2 + table["sd_E"] ** 2)
    return table.join(groups["R"].mean()).reset_index()
