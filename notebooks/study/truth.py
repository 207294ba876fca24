"""The oracle's outcomes put together: K, the concept is kept; C, the context is there; B, both in one picture.

They are shares of pictures: K of the plain prompt's, C and B of those with a context that the oracle can judge.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

# Column of single pictures -> its letter, and how a sentence says it.
OUTCOMES = {"concept_seen": "K", "context_seen": "C", "both_seen": "B"}
SAID = {"K": "the concept is kept", "C": "the context is there", "B": "both in one picture"}


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
