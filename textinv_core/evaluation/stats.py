"""Intervals and tests, on scipy where scipy has them. The unit of inference is the concept, then the seed."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

LEVELS = ("concept", "seed", "prompt", "image")


class Interval(NamedTuple):
    """A mean of means with its bootstrap interval; NaN where a part is not known."""

    estimate: float
    low: float
    high: float
    n: dict[str, int]  # units at each level
    p: float = float("nan")  # sign flips over concepts, two-sided unless asked otherwise, not adjusted

    @property
    def concepts(self) -> int:
        """How many concepts it rests on."""
        return self.n.get("concept", 0)

    @property
    def seeds(self) -> int:
        """How many training seeds, over all concepts."""
        return self.n.get("seed", 0)


UNKNOWN = Interval(float("nan"), float("nan"), float("nan"), {})


def paired_differences(
    table: pd.DataFrame,
    value: str,
    *,
    arm: str,  # the column that tells the two sides apart
    new: str,  # its value on the one side
    base: str,  # and on the other
    pair: Sequence[str],  # the columns in which two rows must agree to be a pair
) -> pd.DataFrame:
    """`value` of arm `new` minus arm `base` wherever both have a row with the same `pair` columns."""
    pair = list(pair)
    sides = []
    for which in (new, base):
        side = table.loc[table[arm] == which, [*pair, value]]
        if side.empty:
            raise ValueError(f"table: no row has {arm} {which!r}")
        if side.duplicated(pair).any():
            raise ValueError(f"table: {arm} {which!r} has several rows for one {', '.join(pair)}")
        sides.append(side.set_index(pair)[value])
    return (sides[0] - sides[1]).dropna().rename("difference").reset_index()


def hierarchical_bootstrap(
    table: pd.DataFrame,
    value: str,
    levels: Sequence[str] = LEVELS,  # outermost first; each is resampled within the one above
    *,
    repetitions: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Mean of means of `value`, and the percentile interval when every level is drawn anew with replacement.

    Resampling from the concept downward counts pictures of one concept as the dependent things they are
    (Saravanan et al. 2020, arXiv 2007.07797).
    """
    levels = [name for name in levels if name in table]
    table = table.dropna(subset=[value]).sort_values(levels, kind="stable").reset_index(drop=True)
    if table.empty or not levels:
        raise ValueError(f"table: needs finite values of {value!r} and one of the columns {', '.join(LEVELS)}")
    values = table[value].to_numpy(dtype=float)
    # Number the units of every level from 0; a unit is a path from the outermost level down to it.
    units = [np.zeros(len(table), dtype=int)]
    for depth in range(len(levels)):
        units.append(table.groupby(levels[: depth + 1], sort=False).ngroup().to_numpy())
    rng = np.random.default_rng(seed)
    samples = np.concatenate(
        [_resampled_means(values, units, min(100, repetitions - done), rng) for done in range(0, repetitions, 100)]
    )
    tail = (1 - level) / 2
    low, high = np.quantile(samples, [tail, 1 - tail])
    n = {name: int(unit.max()) + 1 for name, unit in zip(levels, units[1:], strict=True)}
    return Interval(_mean_of_means(values, units), float(low), float(high), n)


def _mean_of_means(values: np.ndarray, units: list[np.ndarray]) -> float:
    """Average within each unit, from the innermost level out."""
    frame = pd.DataFrame({f"u{depth}": unit for depth, unit in enumerate(units)} | {"value": values})
    for depth in range(len(units) - 1, 0, -1):
        frame = frame.groupby([f"u{d}" for d in range(depth + 1)], as_index=False)["value"].mean()
    return float(frame["value"].mean())


def _resampled_means(values: np.ndarray, units: list[np.ndarray], repetitions: int, rng) -> np.ndarray:
    """`repetitions` means of means under resampling with replacement at every level."""
    chosen = np.zeros((repetitions,), dtype=int)  # units drawn so far, one axis per level
    masks = []
    for parent, child in pairwise(units):
        links = np.unique(np.stack([parent, child], 1), axis=0)  # sorted by parent, as are the children
        first = np.searchsorted(links[:, 0], np.arange(parent.max() + 1))
        count = np.bincount(links[:, 0])
        own = count[chosen][..., None]
        draw = np.minimum((rng.random((*chosen.shape, count.max())) * own).astype(int), own - 1)
        masks.append(np.broadcast_to(np.arange(count.max()), draw.shape) < own)
        chosen = links[:, 1][first[chosen][..., None] + draw]
    means = np.bincount(units[-1], weights=values) / np.bincount(units[-1])  # rows of one innermost unit
    result = means[chosen]
    for mask in reversed(masks):
        result = (result * mask).sum(-1) / mask.sum(-1)
    return result


def sign_flip_test(differences, *, alternative: str = "two-sided", seed: int = 0) -> float:
    """p-value that the mean difference over concepts is 0; exact up to 13 concepts (2^13 < 9999 draws)."""
    differences = np.asarray(differences, dtype=float)
    test = stats.permutation_test(
        (differences,),
        lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9999,
        alternative=alternative,
        rng=np.random.default_rng(seed),
    )
    return float(test.pvalue)


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's step-down adjusted p-values (Holm 1979), in the order given."""
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values)
    stepped = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(stepped, 1)
    return adjusted


def page_trend(table) -> tuple[float, float]:
    """Page's L and p-value for rows (concepts) whose columns are expected to increase from left to right."""
    result = stats.page_trend_test(np.asarray(table, dtype=float))
    return float(result.statistic), float(result.pvalue)


def mean_interval(table: pd.DataFrame, value: str, levels: Sequence[str] = LEVELS, **options) -> Interval:
    """`hierarchical_bootstrap` as far as it can be had: nothing from no row, no bounds from a single outermost unit
    whose rows are equal, nor where nothing differs from 0; several that agree on something else give a point."""
    there = table.dropna(subset=[value]) if value in table else table[:0]
    if there.empty:
        return UNKNOWN
    found = hierarchical_bootstrap(there, value, list(levels), **options)
    agreed = next(iter(found.n.values())) > 1 and abs(found.estimate) > 1e-12  # as answers of yes and no may
    return found if agreed or found.high - found.low > 1e-12 else found._replace(low=float("nan"), high=float("nan"))


def paired_interval(
    table: pd.DataFrame,
    value: str,
    *,
    arm: str,  # as for `paired_differences`
    new,
    base,
    pair: Sequence[str] = ("concept", "seed"),
    alternative: str = "two-sided",  # of the sign flips
    **options,
) -> Interval:
    """Interval for `new` minus `base` over paired rows, and its p, as far as they can be had.

    `options` go to `hierarchical_bootstrap`; p takes two concepts that do not agree exactly.
    """
    there = table.dropna(subset=[value])
    if new == base or not {new, base} <= set(there[arm]):
        return UNKNOWN
    rows = paired_differences(there, value, arm=arm, new=new, base=base, pair=pair)
    found = mean_interval(rows, "difference", [name for name in LEVELS if name in pair], **options)
    if "concept" not in rows:
        return found
    of_concepts = rows.groupby("concept", sort=False)["difference"].mean()
    tested = len(of_concepts) > 1 and of_concepts.abs().max() > 0
    return found._replace(p=sign_flip_test(of_concepts, alternative=alternative)) if tested else found
