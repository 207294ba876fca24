"""What the page on length of training says, from curves made by hand."""

import re

import numpy as np
import pandas as pd
import pytest

from study.analysis import step_ablation_told as told
from study.analysis.step_ablation import outcome_of
from study.scores import EDITABILITY
from study.truth import NO_ORACLE

POSTER, STEPS = (1000, 3500), (0, 500, 2000, 5000)
AGREED = pd.DataFrame([dict(score="s", auc=0.8, pairs=4, pictures=9, share=0.5)])


def curves(best, concepts=("oak", "hall", "plum")):
    """Every concept and seed has its best at that step; the concept is kept ever better, the context ever worse."""
    rows = [
        dict(concept=c, arm=f"{c}{s}", seed=s, step=step, K=i / 4 + s / 100, C=1 - i / 4, B=float(step == best))
        | {"reconstruction": i / 4, EDITABILITY: 1 - i / 4, "R": i / 4, "E": 1 - i / 4, "balance": float(step == best)}
        for c in concepts
        for s in (0, 1)
        for i, step in enumerate(STEPS)
    ]
    return pd.DataFrame(rows)


def said(table, *, oracle=True):
    log = table[["concept", "arm", "step"]].assign(norm_ratio=2.0, cos_initial=0.25)
    judged = outcome_of(table, table, oracle=oracle)
    return told.told(judged, table, table, log, AGREED, poster=POSTER, model="the model")


@pytest.mark.parametrize(
    ("best", "verdict", "words"),
    [
        (2000, "supported", "and so is more"),
        (500, "not supported", "Stopping earlier than the poster says does as well"),
        (5000, "not supported", "Training longer than the poster says does as well"),
    ],
)
def test_the_answer_names_the_best_step_and_what_that_makes_of_the_claim(best, verdict, words):
    numbers = said(curves(best))
    assert numbers["verdict"] == verdict and words in numbers["verdict_short"]
    assert f"from step {best} {'on' if best == 5000 else 'to step'}" in numbers["verdict_short"]
    assert numbers["inside"] == ("100 %" if best == 2000 else "0 %")
    assert numbers["plateau"] == f"from step {best} to step {best}" and numbers["clip_peak"] == f"at step {best}"


def test_an_answer_can_be_said_aloud():
    for said in ("supported", "not supported", "undecided"):
        short = told.short((500, 5000), dict(before="supported", after=said), 5000, "the model")
        assert short.count(".") == 2 and len(re.findall(r"\d+", short)) == 1
    both = told.short((500, 2000), dict.fromkeys(("before", "after"), "not supported"), 5000, "the model")
    assert "to step 2000. Stopping earlier and training longer than the poster" in both
    assert "do not tell" in told.short(None, {}, 5000, "the model")


def test_changes_are_those_from_the_first_step_to_the_last():
    numbers = said(curves(2000))
    assert numbers["change_kept"].startswith("rose (+0.75") and numbers["change_context"].startswith("fell (-0.75")
    assert numbers["change_editability"].startswith("fell") and numbers["last"] == "5000"
    assert (numbers["norm_last"], numbers["cosine_last"], numbers["n_usable"]) == ("2.00", "0.25", "3")


def test_without_an_oracle_the_balance_decides_and_the_page_says_so():
    blind = curves(500).assign(K=np.nan, C=np.nan, B=np.nan)
    numbers = said(blind, oracle=False)
    assert numbers["judged"] == NO_ORACLE and numbers["why"].startswith("the balance of likeness and obedience")
    assert numbers["verdict"] == "not supported" and numbers["change_kept"] == "cannot be told"
    nothing = said(blind.assign(balance=np.nan, R=np.nan), oracle=False)
    assert nothing["clip_peak"] == nothing["plateau"] == "nowhere" and nothing["n_usable"] == "0"


def test_the_claim_on_record_is_the_posters():
    table = curves(500)
    claim = told.claim(said(table), outcome_of(table, table, oracle=True), seeds=2, pictures=1)
    assert claim["verdict"] == "not supported" and claim["n"] == "3 concepts, 2 training seeds, 1 picture a prompt"
