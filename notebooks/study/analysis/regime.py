"""Which settings: the best of a grid by a value per concept and seed, and how large a study must be to decide."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from study.scores import on_the_anchors_scale
from study.truth import outcomes
from study.wording import counted
from textinv_core.evaluation.metrics import summarise
from textinv_core.evaluation.stats import paired_differences

PAIR = ("concept", "seed", "prompt", "image")
WITHIN = 1.0  # standard errors: settings this close to the best are as good (Breiman et al. 1984)
LEVEL = 0.95
REPETITIONS = 2000  # studies simulated of each size
SIZES = tuple(product((6, 8, 10, 12, 14, 16, 20, 24, 32, 48, 64), (1, 3, 5), (8, 16, 32)))  # concepts, seeds, pictures
CALLED = {"step": "steps", "rate": "learning rate", "weight": "KL weight", "guidance": "guidance"}


class Choice(NamedTuple):
    """The setting taken from a grid, and what is known of it."""

    setting: dict[str, float]
    value: float  # mean over concepts
    edge: tuple[str, ...]  # settings in which it lies at the upper or lower end of the grid
    known: bool  # whether any setting of the grid had a value


def values_of(
    pictures: pd.DataFrame,  # judged: concept, seed (of training), prompt, the scores and what the oracle sees
    plain: Mapping[str, str],  # concept -> its plain prompt
    anchors: pd.DataFrame,  # both scores by (arm, concept)
    by: Sequence[str],  # what tells words and settings apart, concept and seed among it
) -> pd.DataFrame:
    """One row per `by`: K, C, B, CLIP's `balance` on the anchors' scale, and `value`, which is B where it is known.

    Only where the oracle knows nothing at all does CLIP's balance take its place.
    """
    parts = [summarise(rows, plain[name], by=by) for name, rows in pictures.groupby("concept", sort=False)]
    scaled = on_the_anchors_scale(pd.concat(parts, ignore_index=True), anchors)
    scaled["balance"] = np.sqrt(scaled["R"].clip(0) * scaled["E"].clip(0))
    table = outcomes(pictures, plain, by=by).merge(scaled[[*by, "balance"]], on=list(by), validate="one_to_one")
    return table.assign(value=table["balance"] if table["B"].isna().all() else table["B"])


def by_setting(values: pd.DataFrame, axes: Sequence[str]) -> pd.DataFrame:
    """One row per setting: the mean over concepts of the mean over seeds, and the lowest and highest concept.

    values: concept, seed, `value` and the columns `axes`. Concepts that lack a value at some setting are left out
    everywhere, so that settings are compared on the same ones. `behind`: by how much the best is better, in standard
    errors of the difference over concepts; of one concept not known.
    """
    axes = list(axes)
    wide = values.groupby([*axes, "concept"])["value"].mean().unstack("concept").dropna(axis=1)
    table = pd.DataFrame(dict(value=wide.mean(axis=1), low=wide.min(axis=1), high=wide.max(axis=1)))
    less = wide.loc[table["value"].idxmax()] - wide if wide.size else wide
    table["behind"] = (less.mean(axis=1) / less.sem(axis=1)).where(less.mean(axis=1) > 0, 0.0)
    return table.assign(concepts=wide.shape[1]).reset_index()


def at_setting(table: pd.DataFrame, setting: Mapping[str, float]) -> pd.DataFrame:
    """The rows of one setting."""
    return table[(table[list(setting)] == pd.Series(setting)).all(axis=1)]


def choose(
    values: pd.DataFrame,
    axes: Sequence[str],
    otherwise: Mapping[str, float],
    *,
    within: float = WITHIN,
    least: bool = True,  # False: the most
) -> Choice:
    """The setting of the highest mean value; of those `within` so many standard errors of it the least, axis by axis.

    The first axis decides first: put what costs most there. `otherwise` where no setting has a value, and where all are
    as good.
    """
    table = by_setting(values, axes).dropna(subset=["value"])
    good = table[table["behind"] <= within + 1e-9].sort_values(list(axes), ascending=least, kind="stable")
    if len(good) == len(table):
        return Choice(dict(otherwise), float("nan"), (), False)
    best = good.iloc[0]
    ends = {axis: (table[axis].min(), table[axis].max()) for axis in axes}
    edge = tuple(axis for axis, (low, high) in ends.items() if low < high and best[axis] in (low, high))
    return Choice({axis: best[axis].item() for axis in axes}, float(best["value"]), edge, True)


def said_edge(choice: Choice, called: Mapping[str, str]) -> str:
    """Whether a choice lies inside its grid, in words."""
    if not choice.known:
        return "the grid shows no difference, so it is what this page began with"
    if not choice.edge:
        return "inside its grid"
    return f"at an end of its grid in {' and '.join(called[axis] for axis in choice.edge)}, so a wider grid might do better"


class Components(NamedTuple):
    """Standard deviations of a paired difference: between concepts, between seeds of one, between pictures."""

    concept: float
    seed: float
    picture: float
    mean: float


def components(pictures: pd.DataFrame, value: str, *, arm: str, new, base) -> Components | None:
    """Of the difference `new` minus `base` in single pictures; None with fewer than two concepts.

    Nested analysis of variance over pictures that share concept, training seed, prompt and noise; a part that comes
    out below zero is zero.
    """
    there = pictures.dropna(subset=[value])
    if not {new, base} <= set(there[arm]) or there["concept"].nunique() < 2:
        return None
    rows = paired_differences(there, value, arm=arm, new=new, base=base, pair=PAIR)
    words = rows.groupby(["concept", "seed"])["difference"].agg(["mean", "var", "size"])
    each, number = words["mean"], words["size"].mean()
    picture = float(np.nan_to_num(words["var"].mean()))
    by_concept = each.groupby("concept")
    seeds = by_concept.size().mean()
    between = float(np.nan_to_num(by_concept.var().mean()))  # of words of one concept
    seed = max(0.0, between - picture / number)
    concept = max(0.0, float(by_concept.mean().var()) - seed / seeds - picture / (number * seeds))
    return Components(*(float(np.sqrt(part)) for part in (concept, seed, picture)), float(by_concept.mean().mean()))


def simulated(
    parts: Components, sizes: Sequence[tuple[int, int, int]], smallest: float, *, seed: int = 0
) -> pd.DataFrame:
    """One row per size (concepts, seeds, pictures): the median width of the interval, and how often it decides.

    Studies are drawn with the `parts`' spread; their interval is over concept means. Decides: it lies above zero or
    below `smallest`, when the true difference is `smallest` (`found`) and when it is zero (`ruled_out`). Narrower than
    `smallest`, it cannot hold both, so it always decides.
    """
    rows = []
    for concepts, seeds, pictures in sizes:
        rng = np.random.default_rng([seed, concepts, seeds, pictures])
        spread = np.sqrt(parts.concept**2 + parts.seed**2 / seeds + parts.picture**2 / (seeds * pictures))
        drawn = rng.normal(0, 1, (REPETITIONS, concepts)) * spread  # difference of each concept, around zero
        half = stats.t.ppf((1 + LEVEL) / 2, concepts - 1) * drawn.std(axis=1, ddof=1) / np.sqrt(concepts)
        middle = drawn.mean(axis=1)
        row = dict(concepts=concepts, seeds=seeds, pictures=pictures, width=float(np.median(2 * half)))
        row |= dict(found=float((middle + smallest - half > 0).mean()))
        rows.append(row | dict(ruled_out=float((middle + half < smallest).mean())))
    return pd.DataFrame(rows)


def enough(table: pd.DataFrame, smallest: float) -> pd.Series | None:
    """The size with the fewest pictures in all whose interval is narrower than the smallest effect of interest."""
    will_do = table[table["width"] < smallest]
    if will_do.empty:
        return None
    cost = will_do["concepts"] * will_do["seeds"] * will_do["pictures"]
    return will_do.loc[cost.idxmin()]


def plan_said(table: pd.DataFrame | None, smallest: float) -> str:
    """What the simulation asks for, in words."""
    if table is None:
        return "no study can be planned from this run: it takes an oracle and two development concepts"
    size, width = enough(table, smallest), f"an interval narrower than {smallest:g}"
    if size is not None:
        parts = (counted(int(size[f"{name}s"]), name) for name in ("concept", "seed", "picture"))
        return f"{width} takes {', '.join(parts)} a seed"
    best = table.loc[table["width"].idxmin()]
    return f"{width} is out of reach of every size looked at; the largest has one of {best['width']:.2f}"
