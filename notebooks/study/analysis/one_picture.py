"""Every score of one picture, worked out from the numbers before it, in the order in which a hand would."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit
from torch import Tensor

from study.wording import percent
from textinv_core.evaluation.nulls import Nulls
from textinv_core.evaluation.ranking import subject_similarity

SIDES = ("subject", "text")


class Beside(NamedTuple):
    """One side of a picture: its cosine, and what that is read beside."""

    cosine: float
    null: np.ndarray  # cosines of pictures that cannot be right
    hits: np.ndarray  # and of those that are


def cosines(pictures: Tensor, references: Tensor, texts: Mapping[str, Tensor], called: Sequence[str]) -> pd.DataFrame:
    """A row per comparison, a column per picture: mean cosine to the references, and to each reading of the prompt.

    pictures: (N, D) features, `called` so; references: (M, D); texts: reading -> (D,). All of length one.
    """
    rows = {"likeness: mean over the concept’s pictures": (pictures @ references.T).mean(1)}
    rows |= {f"text, {reading}": pictures @ feature for reading, feature in texts.items()}
    return pd.DataFrame({name: values.double().numpy() for name, values in rows.items()}, index=list(called)).T


def beside(picture: Tensor, references: Tensor, nulls: Nulls | None, prompt: str, context: Tensor) -> dict[str, Beside]:
    """What a picture's two cosines are read beside; picture, context: (D,)."""
    if nulls is None:
        raise ValueError("null_pictures: a null of fewer than two hundred pictures says too little")
    similar, own = subject_similarity(picture[None], references)
    of_class, _ = subject_similarity(nulls.pictures, references)
    others, for_this = nulls.text(prompt, context)
    return dict(subject=Beside(similar[0], of_class, own), text=Beside(float(picture @ context), others, for_this))


def worked_out(sides: Mapping[str, Beside]) -> pd.DataFrame:
    """A row per side: the cosine, u (the share of the null below it), and p with what it is made of."""
    rows = []
    for side in SIDES:
        x, null, hits = sides[side]
        m0, s = null.mean(), max(null.std(), hits.std(), 1e-12)
        m1 = max(hits.mean(), m0 + s)  # hits that hardly lie above the null are taken to
        p = expit((m1 - m0) / s**2 * (x - (m0 + m1) / 2))
        rows.append(dict(side=side, cosine=x, u=(null < x).mean(), m0=m0, m1=m1, s=s, p=p))
    return pd.DataFrame(rows).set_index("side")


def put_together(table: pd.DataFrame) -> dict[str, float]:
    """Harmony and accord of the picture of `worked_out`: the geometric means of both u and of both p."""
    return dict(harmony=float(np.sqrt(table["u"].prod())), accord=float(np.sqrt(table["p"].prod())))


def read_by_oracle(attributes: pd.DataFrame | None, seen: pd.DataFrame) -> pd.DataFrame:
    """A column per picture, a row per attribute of the concept and per outcome: ✓, ✗, or – where nobody can tell."""
    outcomes = seen.rename(columns=dict(concept_seen="K: concept", context_seen="C: context", both_seen="B: both"))
    parts = [outcomes.reset_index(drop=True)] if attributes is None else [attributes, outcomes.reset_index(drop=True)]
    return pd.concat(parts, axis=1).T.map(lambda value: {1.0: "✓", 0.0: "✗"}.get(value, "–"))


def told(table: pd.DataFrame, seen: pd.DataFrame, model: str, prompt: str) -> dict[str, str]:
    """The answer, and the numbers that the page's formulas are filled in with."""
    both, said = put_together(table), {key: f"{value:.3f}" for key, value in put_together(table).items()}
    found = {1.0: "the oracle finds both in it", 0.0: "the oracle does not find both in it"}
    oracle = found.get(seen["both_seen"].iloc[0], "no oracle knows this model")
    answer = (
        f"On {model}, this picture’s harmony is {both['harmony']:.2f} and its accord {both['accord']:.2f}; {oracle}."
    )
    said |= dict(verdict_short=answer, prompt=prompt)
    for side, row in table.iterrows():
        said |= {f"{key}_{side}": f"{row[key]:.3f}" for key in ("cosine", "u", "p")}
        said |= {f"below_{side}": percent(row["u"])}
    return said
