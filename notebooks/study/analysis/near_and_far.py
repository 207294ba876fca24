"""What one word cannot learn: concepts of the model's world against strangers, one word against fine-tuning."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from study.contrasts import Question
from study.scores import SCORES
from study.seed_variance import interval_of, resampled_units
from study.truth import SMALLEST_SHARE, outcomes
from study.wording import side
from textinv_core.evaluation.metrics import summarise
from textinv_core.evaluation.stats import UNKNOWN, Interval, paired_interval

TI, DB, SD = "SD + TI", "DreamBooth", "SD"
NEAR, FAR = "in the world", "strangers"
QUESTIONS = {
    "gap": Question(
        "one word learns a concept of the model’s world better than a stranger",
        "K of the word: concepts in the world minus strangers",
        SMALLEST_SHARE,
    ),
    "stranger": Question(
        "fine-tuning learns a stranger that one word does not",
        "K on strangers: DreamBooth minus the word",
        SMALLEST_SHARE,
    ),
    "near": Question(
        "within its world one word does as well as fine-tuning",
        "K on concepts in the world: DreamBooth minus the word",
        SMALLEST_SHARE,
        "within",
    ),
    "context": Question(
        "one word keeps more of the sentence than fine-tuning",
        "C, all concepts: the word minus DreamBooth",
        SMALLEST_SHARE,
    ),
}
PAIR = ("concept", "seed", "prompt", "image")


def shares_of(pictures: pd.DataFrame, plain: Mapping[str, str]) -> pd.DataFrame:
    """A row a method, concept and training seed: K, C, B and CLIP's two scores, and the concept's `group`."""
    by = ["method", "concept", "seed"]
    parts = [summarise(rows, plain[name], by=by) for name, rows in pictures.groupby("concept", sort=False)]
    scores = pd.concat(parts, ignore_index=True).reindex(columns=[*by, *SCORES])  # without a context, no editability
    group = pictures.drop_duplicates("concept").set_index("concept")["group"]
    table = outcomes(pictures, plain, by=by).merge(scores, on=by, validate="one_to_one")
    return table.assign(group=table["concept"].map(group))


def gap_between(shares: pd.DataFrame, value: str, method: str) -> Interval:
    """A value of concepts in the world minus that of strangers: means over concepts, concepts and seeds drawn anew.

    The groups hold different concepts, so they are drawn apart from each other; p is of a permutation of concepts
    between them, one-sided. `n` counts the concepts of the smaller group.
    """
    own = shares[(shares["method"] == method) & shares[value].notna()]
    units = [
        [rows[value].to_numpy() for _, rows in own[own["group"] == group].groupby("concept", sort=False)]
        for group in (NEAR, FAR)
    ]
    if not all(units):
        return UNKNOWN
    near, far = (resampled_units(parts, seed=i) for i, parts in enumerate(units))
    found = interval_of(near - far, min(units, key=len))
    means = [[part.mean() for part in parts] for parts in units]
    if min(map(len, means)) < 2:
        return found
    test = stats.permutation_test(
        means,
        lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
        vectorized=True,
        n_resamples=9999,
        alternative="greater",
        rng=np.random.default_rng(0),
    )
    return found._replace(p=float(test.pvalue))


def contrasts(pictures: pd.DataFrame, shares: pd.DataFrame) -> tuple[dict[str, Interval], dict[str, bool]]:
    """The primary contrasts, and whether a control shows the same of each.

    pictures: concept, group, seed, method, prompt, image, is_plain and what the oracle sees. Control of the gap:
    DreamBooth. If its gap is as wide, strangers are harder to recognise, and not harder to learn.
    """
    alone, context = pictures[pictures["is_plain"]], pictures[~pictures["is_plain"]]
    sides = dict(arm="method", new=DB, base=TI, pair=PAIR)
    gap, control = gap_between(shares, "K", TI), gap_between(shares, "K", DB)
    found = {
        "gap": gap,
        "stranger": paired_interval(alone[alone["group"] == FAR], "concept_seen", **sides, alternative="greater"),
        "near": paired_interval(alone[alone["group"] == NEAR], "concept_seen", **sides),
        "context": paired_interval(
            context, "context_seen", arm="method", new=TI, base=DB, pair=PAIR, alternative="greater"
        ),
    }
    return found, {"gap": side(control) == 1 and control.estimate >= gap.estimate - SMALLEST_SHARE}


def by_group(shares: pd.DataFrame) -> pd.DataFrame:
    """A row a group and method: means over concepts of K, C, B and CLIP's scores, and how many concepts."""
    values = ["K", "C", "B", *SCORES]
    of_concept = shares.groupby(["group", "method", "concept"], sort=False)[values].mean()
    table = of_concept.groupby(["group", "method"], sort=False).mean()
    return table.assign(concepts=of_concept.groupby(["group", "method"], sort=False).size())


def group_table(table: pd.DataFrame):
    """The same as a page shows it; what nobody has is left out."""
    names = {"concepts": "concepts", "K": "K", "C": "C", "B": "B"} | {v: f"CLIP, {said}" for v, said in SCORES.items()}
    shown = table[[column for column in names if table[column].notna().any()]].rename(columns=names)
    digits = {column: "{:.2f}" for column in shown if column != "concepts"}
    return shown.rename_axis(index=[None, None]).style.format(digits, na_rep="–")


def agreement(shares: pd.DataFrame, methods: Sequence[str]) -> float:
    """Spearman's correlation over concepts and methods between K and CLIP's likeness; NaN where it is not defined."""
    own = shares[shares["method"].isin(list(methods))].groupby(["method", "concept"])[["K", "reconstruction"]].mean()
    own = own.dropna()
    if len(own) < 3 or (own.nunique() < 2).any():
        return float("nan")
    return float(stats.spearmanr(own["K"], own["reconstruction"]).statistic)
