"""Leashes compared: the settings of each, what they reach, the weight that is chosen, curves and equal terms.

A table of results has a row per concept, method, strength and training seed. `Reading` names the columns that judge:
the oracle's K, C and B where there is one, else CLIP's scaled scores R, E and their balance.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from study.scores import SETTING, on_the_anchors_scale, summarised
from study.truth import outcomes
from textinv_core.evaluation.fronts import ENDS, fronts
from textinv_core.evaluation.metrics import summarise

KL, UNIFORM = "KL exact", "KL uniform"
RIVALS = ("early stopping", "L2 pull", "interpolation", "lower rate")  # what the KL term must beat
POINTS = ("norm lock", "rescaled")  # leashes of one setting
FROM_THE_START = ("early stopping", "interpolation", "lower rate")  # these move away from it as they get stronger
CHOSEN_ON_DEVELOPMENT = ("naive", KL)  # all that a choice of the KL weight takes
GAIN = 0.1  # a share of less than this is a ratio over nearly nothing: not taken


class Reading(NamedTuple):
    """The columns that judge, and how a sentence says them."""

    kept: str
    context: str
    both: str
    said: Mapping[str, str]
    about: str  # what judges, for the page


BY_ORACLE = Reading(
    "K",
    "C",
    "B",
    dict(K="concept kept", C="context there", B="both in one picture"),
    "What judges is the oracle, which knows the world: shares of pictures; CLIP’s scores stand beside.",
)
BY_CLIP = Reading(
    "R",
    "E",
    "balance",
    dict(R="reconstruction", E="editability", balance="balance of the two"),
    "No oracle knows this model’s pictures, so only CLIP’s reading is there: scores on the anchors’ scale.",
)


def grid(weights: Sequence[float], given: float) -> list[float]:
    """The KL weights above zero in order, a `given` one among them."""
    found = sorted({float(w) for w in (*weights, given) if w > 0})
    if not found:
        raise ValueError(f"kl_weights: expected one or more above 0, got {list(weights)}")
    return found


def trained_settings(
    weights: Sequence[float], uniform: Sequence[float], l2: Sequence[float], shares: Sequence[float], rate: float
) -> list[tuple[str, float, dict]]:
    """(method, strength, what the arm is given) of all that is trained, the naive word first."""
    rows = [("naive", 0.0, {})]
    rows += [(KL, w, dict(kl_weight=w)) for w in weights]
    rows += [(UNIFORM, w, dict(kl_weight=w, kl_weighting="uniform")) for w in sorted(uniform) if w > 0]
    rows += [("L2 pull", w, dict(l2_weight=w)) for w in sorted(l2) if w > 0]
    rows += [("lower rate", x, dict(learning_rate=x * rate)) for x in sorted(shares) if 0 < x < 1]
    return [(m, x, dict(learning_rate=rate) | how) for m, x, how in [*rows, ("norm lock", 1.0, dict(norm_lock=True))]]


def read(scores: pd.DataFrame, anchors: pd.DataFrame, plain: Mapping[str, str]) -> pd.DataFrame:
    """One row per setting: the oracle's shares, CLIP's scores, these on the anchors' scale (`R`, `E`, `balance`).

    scores: a row per picture, from `evaluate`, with the columns of `SETTING` (`seed` the training seed, the noise in
    `image`) and what the oracle saw; anchors: the same of the training pictures and the plain model, by `arm`.
    """
    parts = [summarise(rows, plain[name], by=SETTING) for name, rows in scores.groupby("concept", sort=False)]
    ends = summarised(anchors, plain).set_index(["arm", "concept"])
    table = on_the_anchors_scale(pd.concat(parts, ignore_index=True), ends)
    table["balance"] = np.sqrt(table["R"].clip(0) * table["E"].clip(0))
    return table.merge(outcomes(scores, plain, by=SETTING), on=SETTING)


def of_the_naive(results: pd.DataFrame, kept: str) -> pd.DataFrame:
    """`results` with `gained`: how much of the naive word's gain over the initializer a setting has, as a share.

    NaN for a concept whose naive word gains less than `GAIN`. `pull`: its distance from the start, as a share of the
    naive word's of the same training seed.
    """
    ends = results.pivot_table(index="concept", columns="method", values=kept).reindex(columns=list(ENDS))
    gain = ends["naive"] - ends["initializer"]
    gain = gain.where(gain >= GAIN)
    far = results[results["method"] == "naive"].set_index(["concept", "seed"])["moved"]
    start, span = results["concept"].map(ends["initializer"]), results["concept"].map(gain)
    each = pd.MultiIndex.from_frame(results[["concept", "seed"]])
    far = far.reindex(each).where(lambda distance: distance > 0).to_numpy()
    return results.assign(gained=(results[kept] - start) / span, pull=results["moved"] / far)


class Choice(NamedTuple):
    """The weight chosen on the development concepts, and how safe that choice is."""

    weight: float
    found: bool  # False: there was nothing to choose by
    at_edge: bool  # the best of the grid is its largest: a larger one might be better still
    better_than_none: bool  # whether it does better than the naive word there
    alone: dict[str, float]  # concept -> what it would choose by itself
    table: pd.DataFrame  # by method and strength: mean outcomes


def choose_weight(results: pd.DataFrame, reading: Reading, weights: Sequence[float]) -> Choice:
    """The KL weight with the best `both`, averaged over development concepts and seeds, then over neighbouring weights.

    A single weight's mean is noise; a neighbour each side steadies it. Zero, the naive word, is the grid's lower end:
    only its upper end is an edge. With nothing to choose by: the grid's middle, not found.
    """
    columns = list(dict.fromkeys([reading.kept, reading.context, reading.both, "R", "E"]))
    own = results[results["method"].isin(CHOSEN_ON_DEVELOPMENT)]
    by_concept = own.groupby(["concept", "method", "strength"])[columns].mean()
    table = by_concept.groupby(["method", "strength"]).mean()
    curves = by_concept[reading.both].reset_index().query("method in ('naive', @KL)")
    curves = curves.pivot_table(index="concept", columns="strength", values=reading.both)
    curves = curves.reindex(columns=[0.0, *weights]).dropna()
    if curves.empty:
        return Choice(weights[len(weights) // 2], False, False, False, {}, table)
    smooth = curves.T.rolling(3, center=True, min_periods=2).mean().T[list(weights)]
    mean = smooth.mean()
    best = float(mean.idxmax())
    better = bool(curves[best].mean() > curves[0.0].mean())
    alone = {name: float(w) for name, w in smooth.idxmax(axis=1).items()}
    return Choice(best, True, len(weights) > 1 and best == weights[-1], better, alone, table)


def curve(rows: pd.DataFrame, method: str) -> pd.DataFrame:
    """A method's settings in order between the two ends that every leash has."""
    ends = [rows[rows["method"] == end] for end in ENDS]
    first, last = ends if method in FROM_THE_START else ends[::-1]
    return pd.concat([first, rows[rows["method"] == method].sort_values("strength"), last]).assign(method=method)


def mean_curves(results: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """Every method's curve, mean over concepts of the mean over seeds; one for each of `by` (`concept`, `seed`)."""
    values = [c for c in ("K", "C", "B", "R", "E", "balance", "gained", "pull") if c in results]
    groups = ["method", "strength", *(k for k in by if k != "concept")]
    means = results.groupby([*groups, "concept"])[values].mean()
    means = means.reset_index() if "concept" in by else means.groupby(groups).mean().reset_index()
    methods = [m for m in dict.fromkeys(results["method"]) if m not in ENDS]
    parts = [(key, rows) for key, rows in means.groupby(list(by), sort=False)] if by else [((), means)]
    return pd.concat([means[:0], *(curve(rows, m) for _, rows in parts for m in methods)], ignore_index=True)


def at_equal_likeness(results: pd.DataFrame, reading: Reading, level: float, size: int | None = None) -> pd.DataFrame:
    """Concept, seed and method: `context` where the front reaches `level` of the naive word's gain; see `fronts`."""
    settings = results.assign(R=results["gained"])
    found = fronts(settings, [level], score=reading.context, size=size)
    return found.rename(columns={f"at_{level:g}": "value"})


def at_equal_size(results: pd.DataFrame, reading: Reading, level: float) -> tuple[int, pd.DataFrame]:
    """`at_equal_likeness` with as many settings a leash as the rival has that has the fewest; and that number."""
    counts = results[results["method"].isin([KL, *RIVALS])].groupby("method")["strength"].nunique()
    size = int(counts.min())
    return size, at_equal_likeness(results, reading, level, size)


def at_equal_pull(results: pd.DataFrame, reading: Reading, level: float) -> pd.DataFrame:
    """Concept, seed and method: `both` where a method's curve has gone `level` of the naive word's way.

    Straight lines between neighbouring settings by distance; the two ends belong to every method. NaN for a method none
    of whose settings lies within a quarter of the way of the level: then its line is that between the two ends.
    """
    lines = []
    for (concept, seed), own in results.dropna(subset=["pull", reading.both]).groupby(["concept", "seed"], sort=False):
        ends = own[own["method"].isin(ENDS)]
        for method, rows in own[~own["method"].isin(ENDS)].groupby("method", sort=False):
            points = pd.concat([ends, rows]).sort_values("pull")
            near = ((rows["pull"] - level).abs() <= 0.25).any()
            value = np.interp(level, points["pull"], points[reading.both]) if near else np.nan
            lines.append(dict(concept=concept, seed=seed, method=method, settings=len(rows), value=value))
    return pd.DataFrame(lines, columns=["concept", "seed", "method", "settings", "value"])


def drawn_against_single(results: pd.DataFrame, single: pd.DataFrame, reading: Reading, level: float) -> pd.DataFrame:
    """What the drawn curves say at `level` beside the mean of the single fronts, by method, and why they differ.

    `reached`: the share of pairs of concept and seed whose front comes to the level. A front takes the better of its
    settings in each pair, so with few pictures it lies above the curve of the means.
    """
    means = mean_curves(results.dropna(subset=["gained", reading.context]))
    lines = []
    for method, rows in single.groupby("method", sort=False):
        line = means[means["method"] == method].dropna(subset=["gained"]).sort_values("gained")
        inside = len(line) and line["gained"].min() <= level <= line["gained"].max()
        drawn = float(np.interp(level, line["gained"], line[reading.context])) if inside else np.nan
        value, reached = rows["value"].mean(), rows["value"].notna().mean()
        lines.append(dict(method=method, curve=drawn, fronts=value, gap=value - drawn, reached=reached))
    return pd.DataFrame(lines, columns=["method", "curve", "fronts", "gap", "reached"])
