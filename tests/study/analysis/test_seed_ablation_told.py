"""What the page on training seeds says, from shares and tables made by hand."""

import re

import numpy as np
import pandas as pd
import pytest

from study.analysis import seed_ablation_told as told
from study.analysis.seed_ablation import Apart
from study.truth import NO_ORACLE
from textinv_core.evaluation.stats import UNKNOWN, Interval

N, MARK = {"concept": 4, "seed": 20}, 0.1
AGREED = pd.DataFrame([dict(score="s", auc=0.8, pairs=4, pictures=9, share=0.5)])


def summary(gain=0.4):
    """From the worst seed to the best lie 0.2; the second half of training brings `gain`."""
    rows = [
        dict(concept=c, seed=s, step=step, K=0.1 * s + gain * i, reconstruction=0.3)
        for c in ("oak", "hall")
        for s in (0, 1, 2)
        for i, step in enumerate((250, 500))
    ]
    return pd.DataFrame(rows)


def apart(ratio):
    kinds = ("plain prompt", "in context")
    rows = [dict(prompt=k, differs=d, estimate=e) for k in kinds for d, e in (("seeds", 0.12), ("noises", np.nan))]
    return Apart(pd.DataFrame(rows), dict.fromkeys(kinds, ratio), {})


def said(share=0.3, *, oracle=True, ratio=1.5, gain=0.4):
    found = Interval(share, share - 0.05, share + 0.05, N)
    shares = {"K": found, "B": Interval(0.02, -0.1, 0.1, N), "reconstruction": found}
    pairs = pd.DataFrame(
        [dict(measure=m, step=s, estimate=0.9, low=0.8, high=1.0) for m in ("cosine", "relative") for s in (0, 500)]
    )
    how = dict(oracle=oracle, mark=MARK, model="the model")
    far = apart(Interval(ratio, ratio - 0.1, ratio + 0.1, N))
    return told.told(shares, summary(gain), far, pairs, AGREED, **how)


@pytest.mark.parametrize(
    ("share", "verdict", "words"),
    [
        (0.3, "supported", "That is the substantial"),
        (0.01, "not supported", "That is not the substantial"),
        (0.1, "undecided", "is not decided"),
    ],
)
def test_the_answer_names_the_share_and_what_that_makes_of_the_claim(share, verdict, words):
    numbers = said(share)
    assert numbers["verdict"] == verdict and words in numbers["verdict_short"]
    assert f"explains {100 * share:.0f} %" in numbers["verdict_short"] and numbers["substantial"] == "10 %"
    assert numbers["verdict_short"].count(".") == 2 and len(re.findall(r"\d+", numbers["verdict_short"])) == 1


def test_a_share_below_zero_is_said_to_be_none_and_an_unknown_one_to_be_unknown():
    assert "explains 0 %" in told.short(Interval(-0.2, -0.3, 0.0, N), "K", "not supported", "the model")
    assert "does not tell" in told.short(UNKNOWN, "K", "undecided", "the model")


def test_the_other_outcomes_stand_beside():
    assert said()["beside"].startswith("concept and context (B) 2 % (95 % interval 0 to 10 %); reconstruction 30 %")
    blind = said(oracle=False)
    assert blind["asked"] == "reconstruction" and blind["judged"] == NO_ORACLE
    assert blind["beside"].startswith("concept kept (K)")


def test_the_range_of_the_seeds_is_held_against_what_training_brings():
    assert (said()["range"], said()["half"], said()["last"]) == ("0.200", "250", "500")
    assert said(gain=0.4)["wider"] == "narrower than" and said(gain=0.1)["wider"] == "wider than"


@pytest.mark.parametrize(
    ("ratio", "against"), [(1.5, "more"), (0.5, "less"), (1.0, "neither clearly more nor clearly less")]
)
def test_a_ratio_above_one_means_that_seeds_change_more_than_noise(ratio, against):
    numbers = said(ratio=ratio)
    assert numbers["against"] == against and (numbers["between"], numbers["within"]) == ("0.120", "–")


def test_the_claim_on_record_is_the_posters():
    claim = told.claim(said(0.3), "K", noises=8)
    assert claim["verdict"] == "supported" and claim["n"] == "2 concepts, 3 training seeds, 8 noises"
    assert "whether a picture keeps the concept" in claim["test"] and "against 10 %" in claim["test"]
