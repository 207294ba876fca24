"""The table of methods and its four primary contrasts: rates and scores by method, and what is decided."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from study.scores import SCORES, against_every_seed, score_columns
from study.truth import SMALLEST_SHARE, known
from study.wording import in_words, opposite, side, verdict
from textinv_core.evaluation.metrics import summarise
from textinv_core.evaluation.stats import Interval, holm, mean_interval, paired_differences, paired_interval

SD, TI, KL, DB, TRUE, COPY = "SD", "SD + TI", "SD + TI + KL", "DreamBooth", "true name", "image-only"
EDITABILITY = "text_deleted"  # of single pictures, the paper's reading: placeholder deleted
ORACLE = {
    "concept_seen": ("oracle", "concept (K)"),
    "context_seen": ("oracle", "context (C)"),
    "both_seen": ("oracle", "both (B)"),
}
SPOKEN = {"reconstruction": "reconstruction", EDITABILITY: "editability"}
SPOKEN |= {value: said for value, (_, said) in ORACLE.items()}
# The smallest effects of interest.
SMALLEST = dict.fromkeys(("reconstruction", EDITABILITY), 0.01) | dict.fromkeys(ORACLE, SMALLEST_SHARE)
ALONE = ("reconstruction", "concept_seen")  # asked of pictures of the plain prompt, the others of those with a context
PAIR = ("concept", "seed", "prompt", "image")
POSTER = {  # key -> new, base, value, named direction, whether all concepts are used or the reporting ones
    "ti_reconstruction": (TI, SD, "reconstruction", "greater", True),
    "ti_editability": (TI, SD, EDITABILITY, "less", True),
}
BY_ORACLE = POSTER | {
    "kl": (KL, TI, "both_seen", "greater", False),
    "kl_beside": (KL, TI, "context_seen", "greater", False),
}
BY_CLIP = POSTER | {
    "kl": (KL, TI, EDITABILITY, "greater", False),
    "kl_beside": (KL, TI, "reconstruction", "two-sided", False),
}
CLAIMS = {  # key -> document, its words
    "ti_reconstruction": ("poster, Table 1", "reconstruction rises from 0.7622 to 0.8077 with Textual Inversion"),
    "ti_editability": ("poster, Table 1", "editability falls from 0.2639 to 0.1611 with Textual Inversion"),
    "kl": ("research note", "the KL term is more stable and keeps the meaning of the sentence"),
}
MEASURES = score_columns("editability, {}") | ORACLE


def by_method(scores: pd.DataFrame, plain: Mapping[str, str], first_seed: int) -> pd.DataFrame:
    """One row per method, concept and training seed: all scores, and the oracle's three rates.

    What has no training seed stands under the first. The concept is asked of pictures of the plain prompt, the
    context and both of those with a context.
    """
    summaries = []
    for name, rows in scores.fillna({"seed": first_seed}).groupby("concept", sort=False):
        one = summarise(rows, plain[name], by=("method", "concept", "seed"))
        for value in ORACLE:
            use = rows["is_plain"] if value in ALONE else ~rows["is_plain"]
            rate = rows[use].groupby(["method", "seed"])[value].mean()
            one[value] = [rate.get(key, np.nan) for key in one[["method", "seed"]].itertuples(index=False, name=None)]
        summaries.append(one)
    return pd.concat(summaries, ignore_index=True)


def of_prompts(paired: pd.DataFrame, value: str, among: Sequence[str]) -> pd.DataFrame:
    """The pictures that a value speaks of: likeness of those of the plain prompt, editability of the others."""
    return paired[paired["concept"].isin(among) & (paired["is_plain"] == (value in ALONE))]


def primary_contrasts(
    paired: pd.DataFrame,
    names: Sequence[str],
    reported: Sequence[str],
    asked: Mapping[str, tuple] = BY_ORACLE,  # or BY_CLIP, on a model without an oracle
) -> tuple[pd.DataFrame, dict[str, Interval], dict[str, dict[str, float]]]:
    """The four contrasts by key: a row each, its interval, and each concept's mean difference."""
    rows, found, each = [], {}, {}
    for key, (new, base, value, direction, everyone) in asked.items():
        own, sides = of_prompts(paired, value, names if everyone else reported), dict(arm="method", new=new, base=base)
        change, each[key] = paired_interval(own, value, alternative=direction, pair=PAIR, **sides), {}
        if change.n:
            differences = paired_differences(own, value, pair=PAIR, **sides)
            each[key] = differences.groupby("concept", sort=False)["difference"].mean().to_dict()
        row = dict(key=key, new=new, base=base, value=value, change=change.estimate, low=change.low, high=change.high)
        row |= dict(
            said=in_words(change), sign=side(change), alternative=direction, concepts=change.concepts, p=change.p
        )
        rows.append(row)
        found[key] = change
    table = pd.DataFrame(rows).set_index("key")
    # A test that could not be made counts as one of the four all the same.
    table["p_holm"] = np.where(table["p"].notna(), holm(table["p"].fillna(1.0)), np.nan)
    return table, found, each


def verdicts(table: pd.DataFrame, found: Mapping[str, Interval]) -> dict[str, str]:
    """Of the three claims, each in its direction: reconstruction rises, editability falls, the KL term keeps both."""
    claimed = {key: found[key] for key in CLAIMS}
    claimed["ti_editability"] = opposite(claimed["ti_editability"])
    return {
        key: verdict(interval, p=table.at[key, "p_holm"], smallest=SMALLEST[table.at[key, "value"]])
        for key, interval in claimed.items()
    }


def numbers_of(summary: pd.DataFrame, methods: Sequence[str], reported: Sequence[str], named=()) -> pd.DataFrame:
    """One row per method and measure: mean over the reporting concepts and its interval over concepts and seeds.

    The true name is that of the `named` concepts, whom the model knows already.
    """
    rows = []
    for method in methods:
        own = summary[(summary["method"] == method) & summary["concept"].isin(named if method == TRUE else reported)]
        for value, (group, kind) in MEASURES.items():
            found = mean_interval(own, value, ["concept", "seed"])
            bounds = f" [{found.low:.3f}, {found.high:.3f}]" if np.isfinite(found.low) else ""
            said = f"{found.estimate:.3f}{bounds}" if found.n else "–"
            row = dict(method=method, value=value, measure=group, kind=kind, said=said)
            rows.append(row | dict(mean=found.estimate, low=found.low, high=found.high))
    return pd.DataFrame(rows)


def points(summary: pd.DataFrame, reported: Sequence[str]) -> pd.DataFrame:
    """Method and concept: both scores, mean over training seeds."""
    own = summary[summary["concept"].isin(reported)]
    return own.groupby(["method", "concept"])[list(SCORES)].mean()


class Compared(NamedTuple):
    """What the page's figures, tables and sentences are made of."""

    methods: list[str]  # those that drew something, in their order
    asked: Mapping[str, tuple]  # what judges: BY_ORACLE or BY_CLIP
    paired: pd.DataFrame  # pictures of the learned words and DreamBooth, and the plain model's beside every seed
    primary: pd.DataFrame  # a row per primary contrast
    by_concept: dict[str, dict[str, float]]  # the same for each concept
    verdicts: dict[str, str]
    summary: pd.DataFrame  # a row per method, concept and training seed
    numbers: pd.DataFrame  # a row per method and measure


def compare(
    scores: pd.DataFrame,  # a row a picture
    plain: Mapping[str, str],  # concept -> its plain prompt
    seeds: Sequence[int],
    reported: Sequence[str],
    named: Sequence[str],  # the concepts whose true name the model knows
) -> Compared:
    """The primary contrasts with their verdicts, and every number by method."""
    methods = [m for m in (SD, TI, KL, DB, TRUE, COPY) if (scores["method"] == m).any()]
    paired, asked = against_every_seed(scores, SD, [TI, KL, DB], seeds), BY_ORACLE if known(scores) else BY_CLIP
    primary, intervals, by_concept = primary_contrasts(paired, list(plain), reported, asked)
    summary = by_method(scores, plain, seeds[0])
    numbers = numbers_of(summary, methods, reported, named)
    return Compared(methods, asked, paired, primary, by_concept, verdicts(primary, intervals), summary, numbers)
