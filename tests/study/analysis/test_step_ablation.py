"""When to stop: the balance, the step it is best at, and what a page may say of it."""

import numpy as np
import pandas as pd
import pytest

from study.analysis import step_ablation as analysis
from study.scores import EDITABILITY
from textinv_core.evaluation.stats import Interval

STEPS = (0, 1000, 2000, 4000)


def summary_of(curves):
    """Rows from concept -> one (reconstruction, editability) a step, the same for two training seeds."""
    rows = []
    for concept, values in curves.items():
        for seed in (0, 1):
            for step, (likeness, obedience) in zip(STEPS, values, strict=True):
                row = dict(concept=concept, arm=f"{concept}{seed}", seed=seed, step=step)
                rows.append(row | {"reconstruction": likeness, EDITABILITY: obedience})
    return pd.DataFrame(rows)


def anchors_of(concepts):
    """Floors and ceilings at zero and one: the scaled scores are the scores."""
    rows = [dict(arm="image_only", concept=c) | {"reconstruction": 1.0, EDITABILITY: 0.0} for c in concepts]
    rows += [dict(arm="plain", concept=c) | {"reconstruction": 0.0, EDITABILITY: 1.0} for c in concepts]
    return pd.DataFrame(rows).set_index(["arm", "concept"])


CURVES = {"oak": [(0, 1), (0.5, 0.9), (0.8, 0.8), (0.9, 0.1)], "hall": [(0, 1), (0.4, 0.9), (0.7, 0.7), (1, 0)]}


def test_the_balance_is_high_only_where_both_scores_are():
    scaled, usable = analysis.balanced(summary_of(CURVES), anchors_of(CURVES))
    assert usable == 2
    balance = scaled.set_index(["concept", "seed", "step"])["balance"]
    assert balance["oak", 0, 0] == 0 and balance["hall", 1, 4000] == 0
    assert balance["oak", 1, 2000] == pytest.approx(0.8)


def test_a_concept_between_no_anchors_is_left_out_unless_it_is_the_last():
    anchors = anchors_of(CURVES)
    anchors.loc[("plain", "hall"), "reconstruction"] = 2.0
    scaled, usable = analysis.balanced(summary_of(CURVES), anchors)
    assert usable == 1 and set(scaled["concept"]) == {"oak"}
    anchors.loc[("plain", "oak"), "reconstruction"] = 2.0
    scaled, usable = analysis.balanced(summary_of(CURVES), anchors)
    assert usable == 0 and set(scaled["concept"]) == {"oak", "hall"}
    assert analysis.peak_of(scaled, "balance") is None
    assert np.isnan(analysis.share_within(None, 1000, 3500))


def test_concepts_that_agree_peak_at_one_step():
    peak = analysis.peak_of(analysis.balanced(summary_of(CURVES), anchors_of(CURVES))[0], "balance")
    assert peak.interval == Interval(2000, 2000, 2000, {"concept": 2, "seed": 4}, peak.interval.p)
    assert peak.shares == {2000: 1.0}
    assert analysis.share_within(peak, 1000, 3500) == 1 and analysis.share_within(peak, 2500, 3500) == 0


def test_concepts_that_disagree_widen_the_interval():
    early = {"oak": CURVES["oak"], "hall": [(0, 1), (0.9, 0.9), (0.9, 0.2), (1, 0)]}
    peak = analysis.peak_of(analysis.balanced(summary_of(early), anchors_of(early))[0], "balance")
    assert (peak.interval.low, peak.interval.high) == (1000, 2000)
    assert sum(peak.shares.values()) == pytest.approx(1)


def gains_of(at_steps, concepts=4):
    """Gains of the poster's range over its sides, of concepts with such a B at steps; seeds and concepts differ."""
    rows = [
        dict(concept=f"c{c}", seed=seed, step=step, B=b + 0.01 * c + 0.02 * (-1) ** seed * (step == 2000))
        for c in range(concepts)
        for seed in (0, 1)
        for step, b in at_steps.items()
    ]
    return analysis.against_outside(pd.DataFrame(rows), "B", 1000, 3500)


RISES = {0: 0.0, 400: 0.9, 750: 0.3, 2000: 0.5}  # B at 400 is too early to count as just before


@pytest.mark.parametrize(
    ("at_steps", "said"),
    [
        (RISES | {5000: 0.3}, "supported"),
        (RISES | {5000: 0.5}, "not supported"),  # longer does no harm
        (RISES | {5000: 0.9}, "not supported"),
        (RISES | {750: 0.5, 5000: 0.3}, "not supported"),  # less was as good
        (RISES, "undecided"),  # ends within the range
    ],
)
def test_the_range_is_best_if_both_less_and_more_are_worse(at_steps, said):
    peak = analysis.Peak(Interval(2000, 1500, 3000, {"concept": 4, "seed": 8}), {2000: 1.0})
    verdict, why = analysis.answer(peak, gains_of(at_steps), 1000, 3500, "B")
    assert verdict == said and why.startswith("B is best at step 2000 (95 % interval 1500 to 3000)")
    assert ("does not reach" in why) == (said == "undecided")


def test_two_concepts_are_too_few_to_decide():
    peak = analysis.Peak(Interval(2000, 1500, 3000, {"concept": 2, "seed": 6}), {2000: 1.0})
    assert analysis.answer(peak, gains_of(RISES | {5000: 0.3}, concepts=2), 1000, 3500, "B")[0] == "undecided"


def test_the_plateau_is_what_lies_near_the_best_without_a_gap():
    shares = dict(zip((0, 10, 20, 40, 80), (0.48, 0.3, 0.47, 0.5, 0.46), strict=True))
    table = pd.DataFrame([dict(concept="oak", seed=0, step=s, B=b) for s, b in shares.items()])
    assert analysis.plateau(table, "B", 0.05) == (20, 80) and analysis.plateau(table, "B", 0.01) == (40, 40)
    assert analysis.plateau(table.assign(B=np.nan), "B", 0.05) is None


def test_without_a_balance_nothing_is_decided():
    verdict, why = analysis.answer(None, {}, 1000, 3500, "B")
    assert verdict == "undecided" and "to be told" in why


def test_changes_are_told_from_the_first_step_to_the_last():
    varied = summary_of(CURVES)
    varied.loc[varied["seed"] == 1, "reconstruction"] *= 0.9
    told = analysis.changes(varied, ("reconstruction", EDITABILITY))
    assert told["reconstruction"].startswith("rose (+0.9") and told[EDITABILITY].startswith("fell (-0.9")
