"""The oracle's outcomes put together: K, the concept is kept; C, the context is there; B, both in one picture.

They are shares of pictures: K of the plain prompt's, C and B of those with a context that the oracle can judge.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

# Column of single pictures -> its letter, and how a sentence says it.
OUTCOMES = {"concept_seen": "K", "context_seen": "C", "both_seen": "B"}
SAID = {"K": "the concept is kept", "C": "the context is there", "B": "both in one picture"}
KEPT = {"K": "concept kept (K)", "B": "both in one picture (B)"}  # of a figure's axes
# The smallest effect of interest on every page, in shares of pictures; the page on settings plans the study for it.
SMALLEST_SHARE = 0.1
NO_ORACLE = "There is no oracle for this model: only CLIP has looked, and the claims are judged by it."
# What CLIP offers in each outcome's place: score of single pictures -> the answer it stands for, how it is called.
STANDS_FOR = {
    "reconstruction": ("concept_seen", "reconstruction, for the concept"),
    "text_deleted": ("context_seen", "editability, for the context"),
}


def outcomes(seen: pd.DataFrame, plain: Mapping[str, str], by: Sequence[str] = ("arm", "step", "concept")):
    """One row per `by`: the shares K, C and B, and in how many pictures the concept is kept in context (`K_context`).

    seen: a row per picture with `prompt`, the columns of `OUTCOMES` and those of `by`, `concept` among them; plain:
    {concept: its plain prompt}. NaN where the oracle could not tell.
    """
    alone = seen["prompt"] == seen["concept"].map(plain)
    by = list(by)
    parts = {
        "K": seen[alone].groupby(by, sort=False)["concept_seen"].mean(),
        "C": seen[~alone].groupby(by, sort=False)["context_seen"].mean(),
        "B": seen[~alone].groupby(by, sort=False)["both_seen"].mean(),
        "K_context": seen[~alone].groupby(by, sort=False)["concept_seen"].mean(),
    }
    return pd.DataFrame(parts).reset_index()


def known(seen: pd.DataFrame) -> bool:
    """Whether an oracle has answered anything."""
    return any(column in seen and seen[column].notna().any() for column in OUTCOMES)


def seen_beside(scores: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """The scores of pictures with the oracle's answers beside them, row by row."""
    return scores.assign(**{column: seen[column].to_numpy() for column in OUTCOMES})


def auc(scores, hits) -> float:
    """The chance that a hit scores higher than a miss, ties by halves (Mann & Whitney 1947); NaN without either."""
    scores, hits = np.asarray(scores, dtype=float), np.asarray(hits, dtype=bool)
    many, few = int(hits.sum()), int((~hits).sum())
    if not many or not few:
        return float("nan")
    return float((rankdata(scores)[hits].sum() - many * (many + 1) / 2) / (many * few))


def agreement(scores: pd.DataFrame, plain: Mapping[str, str]) -> pd.DataFrame:
    """How well CLIP's scores tell what the oracle sees: a row for each that stands for an answer.

    `auc`: within pictures of one concept and prompt, their mean weighted by the pairs that it rests on; .5 is chance.
    `pairs`: how many, `pictures`: of how many, `share`: in how many of them the oracle says yes. Likeness is asked of
    the plain prompt's pictures, the text of those with a context.
    """
    alone, rows = scores["prompt"] == scores["concept"].map(plain), []
    for score, (seen, called) in STANDS_FOR.items():
        own = scores[alone if seen == "concept_seen" else ~alone].dropna(subset=[seen, score])
        parts = []
        for _, some in own.groupby(["concept", "prompt"], sort=False):
            hits = int(some[seen].sum())
            parts.append((auc(some[score], some[seen] == 1), hits * (len(some) - hits)))
        pairs = sum(weight for _, weight in parts)
        mean = sum(value * weight for value, weight in parts if weight) / pairs if pairs else float("nan")
        rows.append(dict(score=called, auc=mean, pairs=pairs, pictures=len(own), share=own[seen].mean()))
    return pd.DataFrame(rows)


def agreement_said(table: pd.DataFrame) -> str:
    """How far CLIP agrees with the oracle, in words."""
    if not table["pictures"].sum():
        return NO_ORACLE
    told = [
        f"{row.score}, {row.auc:.2f}"
        if row.pairs
        else f"{row.score}, not to be told, since all pictures are alike in it"
        for row in table.itertuples()
        if row.pictures
    ]
    return f"How often CLIP puts a picture that the oracle accepts above one that it does not (chance .5): {'; '.join(told)}."


def rates_said(table: pd.DataFrame, which: Sequence[str] = ("K", "C", "B")) -> str:
    """The shares of a table's rows, averaged over concepts and then said, as far as they are known."""
    means = table.groupby("concept")[list(which)].mean().mean()
    told = [f"{SAID[letter]} in {100 * means[letter]:.0f} %" for letter in which if np.isfinite(means[letter])]
    return ", ".join(told) or "the oracle can tell nothing"
