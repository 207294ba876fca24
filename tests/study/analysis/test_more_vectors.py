"""Longer words against the shortest: paired changes, their correction, and what they decide."""

import numpy as np
import pandas as pd
import pytest

from study.analysis import more_vectors as analysis

LENGTHS = [1, 4]


def table_of(gain, concepts=8):
    """Each outcome `gain[outcome]` more with the longer word, a little noise, two training seeds."""
    rng = np.random.default_rng(0)
    rows = [
        dict(concept=f"c{c}", seed=s, vectors=n)
        | {v: 0.5 + gain.get(v, 0.0) * (n > 1) + 0.01 * rng.normal() for v in analysis.MEASURES}
        for c in range(concepts)
        for s in (0, 1)
        for n in LENGTHS
    ]
    return pd.DataFrame(rows)


def test_only_the_longest_words_primary_outcomes_are_corrected():
    rows = analysis.contrasts(table_of(dict(K=0.3, C=-0.3)), LENGTHS, analysis.judged_by(True)).set_index("value")
    assert rows["primary"].sum() == 2 and rows.loc[["K", "C"], "p_holm"].notna().all()
    assert rows.drop(index=["K", "C"])["p_holm"].isna().all()
    assert rows.at["K", "estimate"] == pytest.approx(0.3, abs=0.02) and rows.at["K", "p_holm"] >= rows.at["K", "p"]


@pytest.mark.parametrize(
    ("gain", "falls", "said", "moved"),
    [(0.3, False, "supported", "rises"), (-0.3, False, "not supported", "falls"), (-0.3, True, "supported", "falls"),
     (0.02, False, "supported", "rises"), (0.0, True, "not supported", "does not clearly change")],
)  # fmt: skip
def test_the_answer_follows_from_the_interval(gain, falls, said, moved):
    table = table_of(dict(K=gain))
    found = analysis.changes(table, LENGTHS)[4, "K"]
    assert analysis.answer(found, found.p, falls) == (said, moved)


def test_too_few_concepts_decide_nothing():
    found = analysis.changes(table_of(dict(K=0.3), concepts=2), LENGTHS)[4, "K"]
    assert analysis.answer(found, 0.01)[0] == "undecided"


def test_what_is_not_known_is_not_shown():
    blind = table_of({}).assign(K=np.nan, C=np.nan, B=np.nan)
    shown = analysis.contrast_table(analysis.contrasts(blind, LENGTHS, analysis.judged_by(False))).to_html()
    assert "reconstruction" in shown and "(K)" not in shown
