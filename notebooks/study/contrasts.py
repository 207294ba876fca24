"""A page's primary contrasts, put to the one rule together: Holm over all of them, then a verdict and its words."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.wording import (
    LEVEL,
    about,
    counted,
    holm_said,
    in_words,
    opposite,
    verdict,
    verdict_either_way,
    verdict_within,
    would_take,
)
from textinv_core.evaluation.stats import Interval, holm


@dataclass(frozen=True)
class Question:
    """One primary contrast, named before its results."""

    words: str  # the claim
    test: str  # what is compared
    smallest: float  # effect of interest
    direction: str = "greater"  # less; either: there is a difference; within: none to speak of, by its interval alone
    source: str = "this study"


def decided(
    questions: Mapping[str, Question],
    found: Mapping[str, Interval],
    controls: Mapping[str, bool] | None = None,  # whether the control shows the same
) -> pd.DataFrame:
    """One row per question: estimate, low, high, p_holm, verdict, `said` (with its interval) and `tested`.

    A test that could not be made counts as one of the family all the same; a question of `within` has no test.
    """
    family = [key for key, asked in questions.items() if asked.direction != "within"]
    raw = np.array([found[key].p for key in family])
    p = dict.fromkeys(questions, float("nan"))
    p |= dict(zip(family, np.where(np.isfinite(raw), holm(np.nan_to_num(raw, nan=1.0)), np.nan), strict=True))
    rows = []
    for key, asked in questions.items():
        interval, control = found[key], bool((controls or {}).get(key, False))
        claimed = opposite(interval) if asked.direction == "less" else interval
        if asked.direction == "within":
            told = verdict_within(interval, -asked.smallest, asked.smallest)
        elif asked.direction == "either":
            told = verdict_either_way(interval, asked.smallest)
            told = "undecided" if told == "supported" and (control or not p[key] <= LEVEL) else told
        else:
            told = verdict(claimed, smallest=asked.smallest, p=p[key], control=control)
        tested = holm_said(p[key]) if np.isfinite(p[key]) else "no test"
        tested = "judged by its interval alone" if asked.direction == "within" else tested
        tested += f", {counted(interval.concepts, 'concept')}" + ("; the control shows the same" if control else "")
        row = dict(key=key, words=asked.words, estimate=interval.estimate, low=interval.low, high=interval.high)
        row |= dict(said=in_words(interval, "+z.2f"), tested=tested, concepts=interval.concepts)
        row |= dict(takes=_takes(asked, claimed, p[key]))
        rows.append(row | dict(p_holm=p[key], smallest=asked.smallest, control=control, verdict=told))
    return pd.DataFrame(rows).set_index("key")


def _takes(asked: Question, claimed: Interval, p: float) -> int:
    """How many concepts would decide a question; claimed: its interval, such that the claim lies above."""
    sized = claimed if asked.direction in ("greater", "less") or claimed.estimate >= 0 else opposite(claimed)
    if asked.direction == "within":
        return would_take(sized, asked.smallest)
    return would_take(sized, smallest=asked.smallest, p=p)


def contrast_table(table: pd.DataFrame):
    """The contrasts as a page shows them."""
    shown = table.set_index("words")[["said", "smallest", "concepts", "p_holm", "verdict"]]
    shown.columns = ["difference", "smallest of interest", "concepts", "p, Holm", "verdict"]
    formats = {"p, Holm": "{:.3f}", "smallest of interest": "{:g}"}
    return shown.rename_axis(index=None).style.format(formats, na_rep="–")


def as_claims(questions: Mapping[str, Question], table: pd.DataFrame, n: str) -> list[dict]:
    """The fields of one `Claim` a question."""
    rule = f"sign-flip test over concepts, Holm over {sum(asked.direction != 'within' for asked in questions.values())}"
    return [
        dict(
            source=asked.source,
            words=asked.words,
            test=f"{asked.test}; {rule if asked.direction != 'within' else 'its interval within the smallest effect'}",
            result=f"{table.at[key, 'said']}; {table.at[key, 'tested']}",
            n=f"{counted(table.at[key, 'concepts'], 'concept')}, {n}",
            verdict=table.at[key, "verdict"],
            primary=True,
            takes=about(table.at[key, "takes"]),
        )
        for key, asked in questions.items()
    ]


def verdicts_said(table: pd.DataFrame) -> dict[str, str]:
    """What a page quotes of its contrasts, by key: `verdict_<key>`, and `said_<key>`, which is the interval and test."""
    said = {f"verdict_{key}": row["verdict"] for key, row in table.iterrows()}
    return said | {f"said_{key}": f"{row['said']}; {row['tested']}" for key, row in table.iterrows()}
