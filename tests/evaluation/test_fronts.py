"""Leashes compared: fair in the number of settings, whole at the ends, unknown where nothing can be compared."""

import numpy as np
import pandas as pd
import pytest
import torch

from study.wording import verdict
from textinv_core.evaluation.fronts import fronts, interpolated, on_anchor_scale
from textinv_core.evaluation.metrics import hypervolume
from textinv_core.evaluation.stats import UNKNOWN, mean_interval, paired_interval
from textinv_core.learning.tokens import Embedding


def settings(points, concept="a", seed=0):
    ends = [("initializer", 0.0, 0.0, 1.0), ("naive", 0.0, 0.9, 0.3)]
    rows = [dict(concept=concept, seed=seed, method=m, strength=s, R=r, E=e) for m, s, r, e in [*ends, *points]]
    return pd.DataFrame(rows)


def test_interpolation_has_both_ends():
    start, learned = torch.randn(2, 5), Embedding("<x>", torch.randn(2, 5), "arm", 7)
    assert torch.equal(interpolated(learned, start, 0).rows, start)
    assert torch.equal(interpolated(learned, start, 1).rows, learned.rows)
    assert interpolated(learned, start, 0.5).arm != learned.arm and interpolated(learned, start, 0.5).step == 7


def test_the_scale_is_zero_and_one_at_the_anchors_and_missing_where_they_cross():
    rows = pd.DataFrame(
        dict(concept=["a", "a", "b"], reconstruction=[0.2, 0.8, 0.5], editability_deleted=[0.6, 0.1, 0.3])
    )
    floor, ceiling = {"a": (0.2, 0.6), "b": (0.6, 0.6)}, {"a": (0.8, 0.1), "b": (0.5, 0.1)}
    scaled = on_anchor_scale(rows, floor, ceiling)
    assert scaled["R"][:2].tolist() == pytest.approx([0, 1]) and scaled["E"][:2].tolist() == pytest.approx([1, 0])
    assert scaled.loc[2, ["R", "E"]].isna().all()


def test_a_front_holds_its_ends_and_its_own_settings():
    table = settings([("kl", 1.0, 0.5, 0.9), ("kl", 0.1, 0.7, 0.8), ("one", 1.0, 0.4, 0.2)])
    found = fronts(table, [0.5, 0.95]).set_index("method")
    assert found.loc["kl", "hypervolume"] == pytest.approx(hypervolume([0, 0.5, 0.7, 0.9], [1, 0.9, 0.8, 0.3]))
    assert found.loc["kl", "at_0.5"] == pytest.approx(0.9)
    assert np.isnan(found.loc["kl", "at_0.95"])  # nobody reaches it
    assert found.loc["one", "hypervolume"] == pytest.approx(hypervolume([0, 0.9], [1, 0.3]))  # dominated


def test_equal_size_is_the_mean_over_all_choices_and_missing_for_smaller_methods():
    table = settings([("kl", 1.0, 0.5, 0.9), ("kl", 0.1, 0.7, 0.8), ("one", 1.0, 0.4, 0.2)])
    each = [hypervolume([0, r, 0.9], [1, e, 0.3]) for r, e in ((0.5, 0.9), (0.7, 0.8))]
    assert fronts(table, [], size=1).set_index("method").loc["kl", "hypervolume"] == pytest.approx(np.mean(each))
    assert fronts(table, [0.5], size=2).set_index("method").loc["one"].isna().sum() == 2
    assert fronts(table.assign(R=np.nan), [0.5]).empty


def test_fronts_are_compared_by_concept_and_seed():
    table = pd.concat(
        settings([("kl", 1.0, 0.5, 0.9), ("early", 1.0, 0.5, 0.7 + 0.01 * i)], concept=f"c{i}", seed=s)
        for i in range(4)
        for s in range(2)
    )
    found, how = fronts(table, [0.5]), dict(arm="method", new="kl", base="early")
    better = paired_interval(found, "at_0.5", **how)
    assert better.estimate == pytest.approx(0.185) and better.low <= better.estimate <= better.high
    assert (better.concepts, better.seeds) == (4, 8) and verdict(better, fewest={"concept": 3}) == "supported"
    few = paired_interval(found[found["concept"] < "c2"], "at_0.5", **how)
    assert verdict(few, fewest={"concept": 3}) == "undecided"
    assert mean_interval(found[found["method"] == "kl"], "at_0.5").estimate == pytest.approx(0.9)
    assert paired_interval(fronts(table, [0.95]), "at_0.95", **how) is UNKNOWN  # a level that nobody reaches
