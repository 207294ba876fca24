"""What the oracle saw, put together; and how far CLIP agrees with it."""

import numpy as np
import pandas as pd
import pytest

from study import truth

PLAIN = {"oak": "a photo of {}"}
SNOW = "a photo of {} in the snow"


def pictures(likeness, kept, text, there):
    """Half of the pictures of the plain prompt, half in a context."""
    rows = [
        dict(concept="oak", arm="a", step=5, prompt=PLAIN["oak"], reconstruction=r, text_deleted=0.0, concept_seen=k)
        for r, k in zip(likeness, kept, strict=True)
    ]
    rows += [
        dict(concept="oak", arm="a", step=5, prompt=SNOW, text_deleted=t, context_seen=c)
        | dict(reconstruction=0.0, concept_seen=1.0)
        for t, c in zip(text, there, strict=True)
    ]
    return pd.DataFrame(rows).assign(both_seen=lambda t: t["concept_seen"] * t["context_seen"])


def test_each_share_is_of_the_pictures_that_can_answer():
    (row,) = truth.outcomes(pictures([1, 2], [1.0, 0.0], [1, 2], [1.0, 1.0]), PLAIN).itertuples()
    assert (row.K, row.C, row.B, row.K_context) == (0.5, 1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("scores", "hits", "expected"),
    [([1, 2, 3, 4], [0, 0, 1, 1], 1.0), ([4, 3, 2, 1], [0, 0, 1, 1], 0.0), ([1, 1, 1, 1], [0, 0, 1, 1], 0.5),
     ([1, 3, 2, 4], [0, 0, 1, 1], 0.75), ([1, 2], [1, 1], float("nan"))],
)  # fmt: skip
def test_the_auc_counts_pairs_in_the_right_order(scores, hits, expected):
    assert truth.auc(scores, hits) == pytest.approx(expected, nan_ok=True)


def test_agreement_is_within_one_prompt_and_concept():
    easy = pictures([1, 2, 3], [0.0, 1.0, 1.0], [1, 2, 3], [1.0, 0.0, 0.0])
    hard = easy.assign(concept="hall", reconstruction=easy["reconstruction"] - 100)  # another level, the same order
    table = truth.agreement(pd.concat([easy, hard]), PLAIN | {"hall": PLAIN["oak"]})
    assert list(table["auc"]) == [1.0, 0.0] and list(table["pairs"]) == [4, 4] and list(table["pictures"]) == [6, 6]
    said = truth.agreement_said(table)
    assert "for the concept, 1.00" in said and "for the context, 0.00" in said


def test_what_does_not_vary_is_not_told():
    table = truth.agreement(pictures([1, 2], [1.0, 1.0], [1, 2], [0.0, 1.0]), PLAIN)
    assert np.isnan(table["auc"][0]) and "not to be told" in truth.agreement_said(table)


def test_without_an_oracle_it_is_said():
    blind = pictures([1, 2], [np.nan] * 2, [1, 2], [np.nan] * 2).assign(concept_seen=np.nan, both_seen=np.nan)
    assert not truth.known(blind) and truth.known(blind.assign(context_seen=1.0))
    assert not truth.known(blind.drop(columns=list(truth.OUTCOMES)))
    assert truth.agreement_said(truth.agreement(blind, PLAIN)) == truth.NO_ORACLE
    assert "nothing" in truth.rates_said(truth.outcomes(blind, PLAIN))


def test_shares_are_said_in_percent_of_concepts():
    table = pd.DataFrame(dict(concept=["oak", "oak", "hall"], K=[1.0, 1.0, 0.0], C=[1.0, 1.0, 1.0], B=[np.nan] * 3))
    assert truth.rates_said(table) == "the concept is kept in 50 %, the context is there in 100 %"


def test_answers_stand_beside_the_scores_of_the_same_picture():
    scores = pd.DataFrame(dict(reconstruction=[0.1, 0.2]))
    seen = pd.DataFrame(dict(concept_seen=[0.0, 1.0], context_seen=1.0, both_seen=[0.0, 1.0]), index=[7, 8])
    assert list(truth.seen_beside(scores, seen)["concept_seen"]) == [0.0, 1.0]
