"""How far apart things are: pictures of one word and of two, and what varies with the seed and what with the noise.

Training seeds and noises are crossed, so their shares are read off pairs; intervals draw concepts and seeds anew.
"""

from collections.abc import Sequence

import numpy as np

from textinv_core.evaluation.stats import Interval


def spread_within(features) -> np.ndarray:
    """1 - cosine between different pictures of a word, averaged: features (words, N, D) -> (words,); NaN for N = 1."""
    features = np.asarray(features, dtype=float)
    N = features.shape[1]
    if N < 2:
        return np.full(len(features), np.nan)
    return 1 - ((features.sum(1) ** 2).sum(-1) - (features**2).sum((1, 2))) / (N * (N - 1))


def spread_between(features, others=None) -> np.ndarray:
    """1 - cosine between pictures of two words from the same noise, averaged; (words, N, D) twice -> (words, words)."""
    features = np.asarray(features, dtype=float)
    others = features if others is None else np.asarray(others, dtype=float)
    return 1 - np.einsum("and,bnd->ab", features, others) / features.shape[1]


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
