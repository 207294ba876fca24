"""What the page on first words says, from tables made by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest

from study.analysis import initializer_ablation as analysis
from study.analysis import initializer_ablation_told as told
from study.analysis.initializer_apart import CALLED, COLUMNS
from study.truth import NO_ORACLE
from textinv_core.evaluation.stats import Interval

NAMES, SEEDS, STEPS = ("oak", "hall", "car"), range(3), (0, 500)
AGREED = pd.DataFrame([dict(score="s", auc=0.8, pairs=4, pictures=9, share=0.5)])
WORDS = {"own": "tree", "other": "bush", "far": "apple"}
LUCK = np.array([-0.01, 0.0, 0.01])  # of the training seeds


def apart(words, seeds=0.1):
    """Every pair of words is `words` apart on average, every pair of seeds `seeds`; rows point nearly the same way."""
    pairs = np.full((3, 3), seeds) * ~np.eye(3, dtype=bool)
    line = [words + LUCK, pairs, np.full(3, 0.9), np.full((3, 3), 0.9)]
    return pd.DataFrame(
        [[c, step, role, *line] for c in NAMES for step in STEPS for role in ("other", "far")], columns=COLUMNS
    )


def by_role(varies=0.0):
    """Scores at the last step; the other word's pictures vary by so much more."""
    rows = [
        dict(concept=c, arm=f"{c}{role}{s}", role=role, seed=s, step=500)
        | dict.fromkeys(analysis.MEASURES, 0.5 + s / 100)
        for c, role, s in itertools.product(NAMES, WORDS, SEEDS)
    ]
    table = pd.DataFrame(rows)
    more = varies + table["seed"].map(dict(enumerate(LUCK)))
    return table.assign(variability=table["variability"] + more * (table["role"] == "other"))


def said(words=0.4, varies=0.0, *, oracle=True):
    final = by_role(varies)
    log = final.assign(travelled=final["role"].map({"own": 1.0, "other": 2.0, "far": 3.0}))
    left = pd.concat([final.assign(step=step, left=1 - step / 500) for step in STEPS])
    contrasts = analysis.contrasts(final, oracle)
    how = dict(first="oak", called="old oak", words=WORDS, oracle=oracle, model="the model")
    return told.told(apart(words), final, contrasts, log, left, AGREED, **how)


@pytest.mark.parametrize(
    ("words", "verdict", "says"),
    [(0.4, "supported", "the first word matters"), (0.05, "not supported", "hardly matters")],
)
def test_the_answer_follows_from_words_held_against_seeds(words, verdict, says):
    numbers = said(words)
    assert numbers["verdict"] == verdict and says in numbers["verdict_short"]
    assert f"{words:.3f} against 0.100" in numbers["why"] and numbers["apart_start"] == f"{words:.3f}"


@pytest.mark.parametrize(
    ("verdict", "varies"), list(itertools.product(("supported", "not supported", "undecided"), repeat=2))
)
def test_an_answer_can_be_said_aloud(verdict, varies):
    short = told.short(verdict, varies, "the model")
    assert short.count(".") == 2 and not any(letter.isdigit() for letter in short)


def test_numbers_are_of_the_concepts_and_words_there_are():
    numbers = said()
    assert numbers["smallest_p"] == "0.25" and numbers["last"] == "500"
    assert (numbers["way_own"], numbers["way_far"]) == ("1.00", "3.00")
    assert numbers["left_far"].startswith("+1.000 at the start, at the end +0.000")
    assert "“bush” instead of “tree”" in numbers["why_variability"] and "old oak" in numbers["why_variability"]
    assert "could be tested" in numbers["clear_contrasts"]  # words that score alike: there is no sign to flip


def test_differences_clear_of_zero_are_counted_and_named():
    assert told.clear_said(8, []).startswith("None of the 8 tested")
    assert told.clear_said(8, ["K is higher"]).endswith("1 has an interval clear of zero: K is higher.")
    assert "Of the 8 tested differences in scores over all concepts, 2 have" in told.clear_said(8, ["K", "B"])


def test_without_an_oracle_the_scores_of_clip_are_told():
    assert said()["pair_scores"].startswith("concept kept (K)")
    blind = said(oracle=False)
    assert blind["judged"] == NO_ORACLE and blind["pair_scores"].startswith("reconstruction")


def test_the_claims_on_record_are_the_posters():
    excess, varies = Interval(0.3, 0.2, 0.4, {"concept": 3, "seed": 9}), Interval(0.1, 0.0, 0.2, {"seed": 3})
    matters, vary = told.claims(said(), excess, varies, noises=6)
    assert matters["n"] == "3 concepts, 9 pairs of words, 6 pictures each" and matters["verdict"] == "supported"
    assert vary["n"] == "1 concept, 3 training seeds, 6 pictures each" and "below 10%" in vary["test"]


def test_tables_name_words_and_leave_out_what_is_not_known():
    assert "–" in told.contrast_table(analysis.contrasts(by_role(), oracle=True)).to_html()
    near = {("oak", role): [("leaf", 0.5), ("wood", 0.25)] for role in WORDS}
    shown = told.nearest_table(near, {"oak": WORDS}, {"oak": "old oak"}).to_html()
    assert "leaf (0.50), wood (0.25)" in shown and CALLED["far"] in shown and "apple" in shown
