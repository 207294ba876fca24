"""Ways to keep a word usable, compared: settings chosen on development concepts, one table, and who is how often best.

A table of settings has one row per concept, training seed, method and value, with the outcomes K, C and B.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from study.methods import CLASS_WORD, NAIVE
from study.scores import on_the_anchors_scale, summarised
from study.truth import outcomes
from textinv_core.evaluation.metrics import editability_at, summarise
from textinv_core.evaluation.stats import UNKNOWN, Interval

BY = ("concept", "method", "value", "seed")
REPETITIONS = 2000


def by_oracle(seen: pd.DataFrame, pictures: pd.DataFrame, concept: str, plain: Mapping[str, str]) -> pd.DataFrame:
    """One row per method, value and training seed of a concept: the shares K, C and B of its pictures.

    seen: what the oracle saw in them, row by row; plain: {concept: its plain prompt}.
    """
    own = pictures[["prompt", "method", "value", "train_seed"]].rename(columns={"train_seed": "seed"})
    return outcomes(own.join(seen).assign(concept=concept), plain, by=BY)


def by_clip(scaled: pd.DataFrame) -> pd.DataFrame:
    """The same where no oracle is: R and E on the anchors' scale stand for K and C, their geometric mean for B."""
    K, C = scaled["R"], scaled["E"]
    return scaled[list(BY)].assign(K=K, C=C, B=np.sqrt(K.clip(0) * C.clip(0)))


def clip_scaled(scores: pd.DataFrame, anchors: pd.DataFrame, plain: Mapping[str, str]) -> pd.DataFrame:
    """CLIP's scores of one concept's pictures, by method, value and seed, on the scale of its anchors."""
    name = scores["concept"].iloc[0]
    own = scores.drop(columns="seed").rename(columns={"train_seed": "seed"})
    ends = summarised(anchors[anchors["concept"] == name], plain).set_index(["arm", "concept"])
    return on_the_anchors_scale(summarise(own, plain[name], BY), ends)


def middle_of(values: Sequence[float], many: int) -> list[float]:
    """So many of the values in order, from their middle."""
    return sorted(values)[max(0, len(values) - many) // 2 :][:many]


def tuned(settings: pd.DataFrame, development: Sequence[str]) -> pd.DataFrame:
    """Method -> the value with the best mean B over development concepts, that mean, and how many were tried.

    The first of equals. A method of which B is known on none of them gets the middle one of its values.
    """
    own = settings.assign(B=settings["B"].where(settings["concept"].isin(development)))
    means = own.groupby(["method", "value", "concept"], sort=False)["B"].mean().groupby(level=[0, 1], sort=False).mean()
    rows = {}
    for method, of in means.groupby(level="method", sort=False):
        of = of.droplevel("method").sort_index()
        best = of.idxmax() if of.notna().any() else of.index[len(of) // 2]
        rows[method] = dict(value=best, B_development=of[best], tried=len(of))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def first_pictures(pictures: pd.DataFrame, seed: int) -> pd.Series:
    """(method, value, prompt) -> the picture of a training seed from the first noise."""
    own = pictures[(pictures["train_seed"] == seed) & (pictures["seed"] == 0)]
    return own.set_index(["method", "value", "prompt"])["image"]


def at_chosen(settings: pd.DataFrame, chosen: pd.DataFrame, reported: Sequence[str]) -> pd.DataFrame:
    """The rows of the reporting concepts at each method's chosen value."""
    own = settings[settings["concept"].isin(reported) & settings["method"].isin(chosen.index)]
    return own[own["value"] == own["method"].map(chosen["value"])].reset_index(drop=True)


def means_of(settings: pd.DataFrame, reported: Sequence[str]) -> pd.DataFrame:
    """(method, value) -> K, C and B, mean over the reporting concepts and seeds."""
    own = settings[settings["concept"].isin(reported)]
    return own.groupby(["method", "value"], sort=False)[["K", "C", "B"]].mean()


class Cube(NamedTuple):
    """Settings as an array (concepts, seeds, settings, 3 outcomes K C B), NaN where there is none."""

    values: np.ndarray
    settings: list[tuple[str, float]]


def cube(settings: pd.DataFrame) -> Cube:
    """The same concepts and seeds for all: what they share is resampled together."""
    wide = settings.set_index([*BY])[["K", "C", "B"]]
    names, seeds = (list(dict.fromkeys(settings[column])) for column in ("concept", "seed"))
    which = list(dict.fromkeys(zip(settings["method"], settings["value"], strict=True)))
    index = pd.MultiIndex.from_tuples([(c, m, v, s) for c in names for s in seeds for m, v in which], names=BY)
    return Cube(wide.reindex(index).to_numpy(float).reshape(len(names), len(seeds), len(which), 3), which)


def resampled(values: np.ndarray, repetitions: int = REPETITIONS, seed: int = 0) -> np.ndarray:
    """Means over concepts of means over seeds, (1 + repetitions, ...): concepts and, within each, seeds drawn anew.

    The first entry is of the sample as it is. What lacks in a concept or a seed is left out of its mean.
    """
    rng, (C, S) = np.random.default_rng(seed), values.shape[:2]
    means = [_mean(_mean(values, 1), 0)]
    for _ in range(repetitions):
        concepts = rng.integers(C, size=C)
        drawn = values[concepts[:, None], rng.integers(S, size=(C, S))]
        means.append(_mean(_mean(drawn, 1), 0))
    return np.stack(means)


def how_often_best(chosen: pd.DataFrame) -> pd.Series:
    """Method -> the share of resampled studies in which its B is the highest; ties are shared out."""
    own = cube(chosen)
    B = resampled(own.values[..., 2])[1:]  # (repetitions, methods)
    known = ~np.isnan(B).all(axis=1)
    if not known.any():
        return pd.Series(np.nan, index=[method for method, _ in own.settings])
    top = B[known] == np.nanmax(B[known], axis=1, keepdims=True)
    shares = (top / top.sum(axis=1, keepdims=True)).mean(axis=0)
    return pd.Series(shares, index=[method for method, _ in own.settings])


def level_of(settings: pd.DataFrame, reported: Sequence[str], given: float) -> float:
    """The K at which C is compared: as given, or half of the naive word's highest."""
    own = settings[settings["concept"].isin(reported) & (settings["method"] == NAIVE)]
    return given or float(own.groupby("value")["K"].mean().max() / 2)


def at_equal_likeness(settings: pd.DataFrame, reported: Sequence[str], level: float) -> dict[str, Interval]:
    """Method -> C where its front reaches K = level, straight lines between settings; UNKNOWN where it never does.

    Two ends belong to every method: the class word, which is the tightest leash, and the naive words, which are none.
    """
    own = cube(settings[settings["concept"].isin(reported)])
    means, found = resampled(own.values[..., :2], REPETITIONS // 4), {}  # (repetitions, settings, 2)
    ends = [i for i, (method, _) in enumerate(own.settings) if method in (CLASS_WORD, NAIVE)]
    n = {"concept": own.values.shape[0], "seed": own.values.shape[0] * own.values.shape[1]}
    for method in dict.fromkeys(m for m, _ in own.settings if m != CLASS_WORD):
        which = sorted({*ends, *(i for i, (m, _) in enumerate(own.settings) if m == method)})
        read = np.array([_read_off(level, points[which]) for points in means])
        drawn = read[1:][np.isfinite(read[1:])]
        low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) > len(read) / 2 else (np.nan, np.nan)
        found[method] = Interval(read[0], float(low), float(high), n) if np.isfinite(read[0]) else UNKNOWN
    return found


def _read_off(level: float, points: np.ndarray) -> float:
    """C at K = level of points (n, 2), those that are not known left out."""
    K, C = points[~np.isnan(points).any(axis=1)].T
    return editability_at(level, K, C)


def _mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean of what is known along an axis; NaN where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis)
    total = np.where(known, values, 0).sum(axis)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
