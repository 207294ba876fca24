"""Intervals and tests, on scipy where scipy has them. The unit of inference is the concept, then the seed."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

LEVELS = ("concept", "seed", "prompt", "image")


class Interval(NamedTuple):
    """A mean of means with its bootstrap interval."""

    estimate: float
    low: float
    high: float
    n: dict[str, int]  # units at each level


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


def bootstrap_difference(
    table: pd.DataFrame,
    value: str,
    *,
    arm: str,
    new: str,
    base: str,
    pair: Sequence[str] = ("concept", "seed", "prompt"),
    **options,
) -> Interval:
    """Interval for `new` minus `base` over paired rows; `options` go to `hierarchical_bootstrap`."""
    differences = paired_differences(table, value, arm=arm, new=new, base=base, pair=pair)
    return hierarchical_bootstrap(differences, "difference", [name for name in LEVELS if name in pair], **options)


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


def kendall(x, y) -> tuple[float, float]:
    """Kendall's tau-b between two rankings of the same things, and its p-value."""
    result = stats.kendalltau(x, y, variant="b")
    return float(result.statistic), float(result.pvalue)


UNKNOWN = Interval(float("nan"), float("nan"), float("nan"), {})


def paired_interval(table: pd.DataFrame, value: str, *, arm: str, new: str, base: str, pair: Sequence[str]) -> Interval:
    """`bootstrap_difference` as far as it can be had: no bounds from a single pair, nothing from none."""
    there = set(table.loc[table[value].notna(), arm])
    if not {new, base} <= there:
        return UNKNOWN
    differences = paired_differences(table, value, arm=arm, new=new, base=base, pair=pair)
    if differences.empty:
        return UNKNOWN
    found = hierarchical_bootstrap(differences, "difference", [name for name in LEVELS if name in pair])
    return found if len(differences) > 1 else found._replace(low=float("nan"), high=float("nan"))


def resampled_units(parts: Sequence[np.ndarray], *, repetitions: int = 2000, seed: int = 0) -> np.ndarray:
    """Mean over concepts of the mean over their training seeds, both drawn anew: (1 + repetitions,).

    A part is one concept: (S,) a value for each seed, or (S, S) one for each pair of seeds, where a seed drawn
    twice is no pair with itself (it would make seeds look alike). The first entry is the estimate. The draws hang
    on `seed` and the sizes alone: results of equal sizes may be divided or subtracted entry by entry.
    """
    rng = np.random.default_rng(seed)
    parts = [np.asarray(part, dtype=float) for part in parts]
    drawn = rng.integers(len(parts), size=(len(parts), repetitions)) if parts else np.empty((0, repetitions), int)
    slots = []
    for concepts in drawn:  # each concept drawn draws its seeds by itself
        counts = [rng.multinomial(len(part), [1 / len(part)] * len(part), size=repetitions) for part in parts]
        means = np.stack([_weighted_mean(part, count) for part, count in zip(parts, counts, strict=True)])
        slots.append(means[concepts, np.arange(repetitions)])
    whole = [_weighted_mean(part, np.ones((1, len(part)))) for part in parts]
    if not parts:
        return np.full(1 + repetitions, np.nan)
    return np.concatenate([np.mean(whole, axis=0), np.mean(slots, axis=0)])


def _weighted_mean(part: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean of values (S,), or of pairs (S, S) off the diagonal, with each unit counted so often: (R, S) -> (R,)."""
    if part.ndim == 1:
        return counts @ part / counts.sum(1)
    pairs = counts.sum(1) ** 2 - (counts**2).sum(1)
    total = np.einsum("rs,st,rt->r", counts, part * ~np.eye(len(part), dtype=bool), counts)
    return np.divide(total, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)


def interval_of(samples: np.ndarray, parts: Sequence[np.ndarray], *, level: float = 0.95) -> Interval:
    """What `resampled_units` gave for `parts`, or a function of it, as an interval; no bounds where there are none."""
    n = {"concept": len(parts), "seed": sum(len(part) for part in parts)}
    estimate, drawn = float(samples[0]), samples[1:][np.isfinite(samples[1:])]
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) if len(drawn) else (np.nan, np.nan)
    if not np.isfinite(estimate) or not high - low > 1e-12:  # one unit, or one pair: resampling shows nothing
        low = high = np.nan
    return Interval(estimate, float(low), float(high), n)


def variance_parts(values: np.ndarray) -> dict[str, np.ndarray]:
    """Variance of values (S seeds, N noises, crossed) by source, unbiased: `seed` and `noise` (S, S), `within` (S,).

    The mean of `seed` over pairs of seeds is the variance between seeds, (MS_seed - MS_rest) / N of the two-way
    analysis of variance; of `noise`, that between noises common to all seeds; `within` a seed, that of its pictures.
    """
    values = np.asarray(values, dtype=float)
    S, N = values.shape
    if N < 2:
        return {"seed": np.full((S, S), np.nan), "noise": np.full((S, S), np.nan), "within": np.full(S, np.nan)}
    apart = values[:, None] - values[None]  # (S, S, N)
    seed = (apart.sum(-1) ** 2 - (apart**2).sum(-1)) / (2 * N * (N - 1))
    noise = np.cov(values).reshape(S, S)
    return {"seed": seed, "noise": noise, "within": np.diagonal(noise).copy()}


def side(interval: Interval, of: float = 0.0) -> int:
    """1 for an interval above a value, -1 below, 0 for one that holds it or has no bounds."""
    return int(interval.low > of) - int(interval.high < of)


def in_words(interval: Interval, form: str = "+.3f") -> str:
    """`+0.012, 95 % interval +0.003 to +0.021`, as far as it is known."""
    if not np.isfinite(interval.estimate):
        return "not defined"
    bounds = f"95 % interval {interval.low:{form}} to {interval.high:{form}}"
    return f"{interval.estimate:{form}}, {bounds if np.isfinite(interval.low) else 'no interval'}"
