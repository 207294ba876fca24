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
    assert analysis.peak_of(scaled) is None
    assert np.isnan(analysis.share_within(None, 1000, 3500))


def test_concepts_that_agree_peak_at_one_step():
    peak = analysis.peak_of(analysis.balanced(summary_of(CURVES), anchors_of(CURVES))[0])
    assert peak.interval == Interval(2000, 2000, 2000, {"concept": 2, "seed": 4}, peak.interval.p)
    assert peak.shares == {2000: 1.0}
    assert analysis.share_within(peak, 1000, 3500) == 1 and analysis.share_within(peak, 2500, 3500) == 0


def test_concepts_that_disagree_widen_the_interval():
    early = {"oak": CURVES["oak"], "hall": [(0, 1), (0.9, 0.9), (0.9, 0.2), (1, 0)]}
    peak = analysis.peak_of(analysis.balanced(summary_of(early), anchors_of(early))[0])
    assert (peak.interval.low, peak.interval.high) == (1000, 2000)
    assert sum(peak.shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("low", "high", "last", "said", "lies"),
    [
        (1500, 3000, 5000, "supported", "within the poster’s 1000 to 3500"),
        (200, 400, 5000, "not supported", "before the poster’s 1000 to 3500"),
        (4000, 4500, 5000, "not supported", "after the poster’s 1000 to 3500"),
        (500, 2000, 5000, "undecided", "neither within nor clear of"),
        (1500, 2000, 2000, "undecided", "this run ends at step 2000"),
    ],
)
def test_the_answer_follows_from_where_the_interval_lies(low, high, last, said, lies):
    peak = analysis.Peak(Interval((low + high) // 2, low, high, {"concept": 4, "seed": 12}), {low: 0.5, high: 0.5})
    verdict, why = analysis.answer(peak, last, 1000, 3500)
    assert verdict == said and lies in why


def test_without_a_balance_nothing_is_decided():
    verdict, why = analysis.answer(None, 5000, 1000, 3500)
    assert verdict == "undecided" and "anchors" in why


def test_changes_are_told_from_the_first_step_to_the_last():
    varied = summary_of(CURVES)
    varied.loc[varied["seed"] == 1, "reconstruction"] *= 0.9
    told = analysis.changes(varied)
    assert told["reconstruction"].startswith("rose (+0.9") and told[EDITABILITY].startswith("fell (-0.9")


def test_a_way_has_one_point_a_step():
    ways = analysis.ways(analysis.balanced(summary_of(CURVES), anchors_of(CURVES))[0])
    assert len(ways) == len(CURVES) * len(STEPS)
    assert ways.query("concept == 'oak' and step == 1000")[["R", "E"]].to_numpy().tolist() == [[0.5, 0.9]]
