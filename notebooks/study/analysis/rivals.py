"""Ways to keep a word usable, compared: settings chosen on development concepts, one table, and who is how often best.

A table of settings has one row per concept, training seed, method and value, with the outcomes K, C and B.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from study.methods import shown_method
from study.truth import outcomes
from study.wording import FEWEST_CONCEPTS, counted, in_words, opposite, percent, verdict, verdict_of_all
from textinv_core.evaluation.metrics import editability_at
from textinv_core.evaluation.stats import UNKNOWN, Interval, holm, mean_interval, paired_interval

SMALLEST = 0.05  # of pictures: the smallest difference in B that would matter to anybody
CLASS_WORD, NAIVE = "class word", "naive"  # what learning starts from; learning with nothing added
BY = ("concept", "method", "value", "seed")
REPETITIONS = 2000


def by_oracle(seen: pd.DataFrame, plain: Mapping[str, str]) -> pd.DataFrame:
    """One row per concept, method, value and training seed: the shares K, C and B of its pictures."""
    return outcomes(seen, plain, by=BY)


def by_clip(scaled: pd.DataFrame) -> pd.DataFrame:
    """The same where no oracle is: R and E on the anchors' scale stand for K and C, their geometric mean for B."""
    K, C = scaled["R"], scaled["E"]
    return scaled[list(BY)].assign(K=K, C=C, B=np.sqrt(K.clip(0) * C.clip(0)))


def tuned(settings: pd.DataFrame, development: Sequence[str]) -> pd.DataFrame:
    """Method -> the value with the best mean B over development concepts, that mean, and how many were tried.

    The first of equals. A method of which B is known nowhere gets the middle one of its values.
    """
    own = settings[settings["concept"].isin(development)]
    means = own.groupby(["method", "value", "concept"], sort=False)["B"].mean().groupby(level=[0, 1], sort=False).mean()
    rows = {}
    for method, of in means.groupby(level="method", sort=False):
        of = of.droplevel("method").sort_index()
        best = of.idxmax() if of.notna().any() else of.index[len(of) // 2]
        rows[method] = dict(value=best, B_development=of[best], tried=len(of))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")


def at_chosen(settings: pd.DataFrame, chosen: pd.DataFrame, reported: Sequence[str]) -> pd.DataFrame:
    """The rows of the reporting concepts at each method's chosen value."""
    own = settings[settings["concept"].isin(reported) & settings["method"].isin(chosen.index)]
    return own[own["value"] == own["method"].map(chosen["value"])].reset_index(drop=True)


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


def contrasts(chosen: pd.DataFrame, base: str) -> pd.DataFrame:
    """Every method minus `base` in B at the chosen settings: a row each with its interval and Holm's p over all."""
    rows = {}
    for method in dict.fromkeys(chosen["method"]):
        if method != base:
            found = paired_interval(chosen, "B", arm="method", new=method, base=base)
            rows[method] = dict(interval=found, estimate=found.estimate, low=found.low, high=found.high, p=found.p)
    columns = ["interval", "estimate", "low", "high", "p"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("method")
    table["p_holm"] = np.where(table["p"].notna(), holm(table["p"].fillna(1.0)), np.nan) if len(table) else []
    return table


def in_one_table(
    chosen: pd.DataFrame,
    choice: pd.DataFrame,
    at_level: Mapping[str, Interval],
    best: pd.Series,
    seconds: Mapping[str, float],
) -> pd.DataFrame:
    """Method -> B with interval, K, C, C at equal K, spread over seeds, seconds, settings tried, how often best."""
    rows = {}
    for method, own in chosen.groupby("method", sort=False):
        B = mean_interval(own, "B", ["concept", "seed"])
        spread = own.groupby("concept")["B"].std().mean()
        rows[method] = dict(B=B.estimate, low=B.low, high=B.high, K=own["K"].mean(), C=own["C"].mean())
        rows[method] |= dict(C_at_K=at_level.get(method, UNKNOWN).estimate, spread=spread)
        rows[method] |= dict(seconds=seconds.get(method, np.nan), best=best.get(method, np.nan))
        rows[method] |= dict(value=choice["value"].get(method), tried=choice["tried"].get(method, 0))
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")
    return table.sort_values("B", ascending=False, kind="stable")


def table_shown(table: pd.DataFrame):
    """The same as a page shows it."""
    bounds = [f" [{row.low:.2f}, {row.high:.2f}]" if np.isfinite(row.low) else "" for row in table.itertuples()]
    shown = table.assign(B=[f"{b:.2f}{more}" for b, more in zip(table["B"], bounds, strict=True)])
    names = {"B": "B", "K": "K", "C": "C", "C_at_K": "C at equal K", "spread": "spread over seeds"}
    names |= {"seconds": "seconds a word", "value": "setting", "tried": "settings tried", "best": "best in"}
    shown = shown[list(names)].rename(columns=names).rename(index=shown_method).rename_axis(None)
    form = {name: "{:.2f}" for name in ("K", "C", "C at equal K", "spread over seeds")}
    form |= {"seconds a word": "{:.1f}", "setting": "{:g}", "settings tried": "{:.0f}", "best in": "{:.0%}"}
    return shown.style.format(form, na_rep="–")


def answer(against: pd.DataFrame, kl: pd.DataFrame, control: Interval) -> dict[str, str]:
    """Verdicts: `any`, some rival beats the naive word; `kl`, KL beats it; `kl_best`, KL beats every other method.

    against: `contrasts` with the naive word; kl: with KL as the base, so that a rival which is better lies above zero.
    control: the class word minus the naive word, which must not show a gain too.
    """
    shows = bool(control.low > 0)
    each = {m: verdict(r["interval"], smallest=SMALLEST, p=r["p_holm"], control=shows) for m, r in against.iterrows()}
    found = set(each.values())
    some = "supported" if "supported" in found else "not supported" if found == {"not supported"} else "undecided"
    beaten = [verdict(opposite(r["interval"]), p=r["p_holm"]) for _, r in kl.iterrows()]
    return dict(any=some, kl=each.get("kl", "undecided"), kl_best=verdict_of_all(beaten))


def advice(table: pd.DataFrame, chosen: pd.DataFrame, what: str) -> tuple[str, str]:
    """Two sentences: what to choose, and what cannot be told apart from it, the cheapest first named.

    what: what B is, in words.
    """
    known = table[table["B"].notna()]
    if known.empty:
        return "No method can be advised: B is not known for any of them.", "Look at the pictures."
    first = known.index[0]
    won = percent(known.at[first, "best"], "an unknown share")
    interval = Interval(known.at[first, "B"], known.at[first, "low"], known.at[first, "high"], {})
    one = (
        f"Choose {shown_method(first)} (setting {known.at[first, 'value']:g}): {what} is {in_words(interval, '.2f')}, "
    )
    one += f"and it is the best in {won} of resampled studies."
    near = []
    for method in known.index[1:]:
        apart = paired_interval(chosen, "B", arm="method", new=method, base=first)
        if not apart.high < 0:
            near.append(method)
    if not near:
        return one, "Every other method is worse, its interval clear of zero."
    near.sort(key=lambda m: (np.nan_to_num(known.at[m, "seconds"], nan=np.inf), list(known.index).index(m)))
    concepts = chosen["concept"].nunique()
    few = "" if concepts >= FEWEST_CONCEPTS else f", from {counted(concepts, 'concept')}"
    others = ", ".join(map(shown_method, near))
    return one, f"Not to be told apart from it{few}, the cheapest first: {others}."


def said(against: pd.DataFrame) -> str:
    """Each method's gain over the base, in words."""
    told = []
    for method, row in against.iterrows():
        p = f" (Holm p {row['p_holm']:.2f})" if np.isfinite(row["p_holm"]) else ""
        told.append(f"{shown_method(method)} {in_words(row['interval'], '+.2f')}{p}")
    return "; ".join(told)


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
