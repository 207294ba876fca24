"""Intervals that cover what they should, and tests that agree with their definitions."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from study import wording
from textinv_core.evaluation import stats


def table(rng, concepts=6, seeds=3, prompts=4, images=2, between=1.0, within=0.1):
    rows = []
    for c in range(concepts):
        effect = between * rng.standard_normal()
        for s in range(seeds):
            for p in range(prompts):
                for i in range(images):
                    rows.append((f"c{c}", s, f"p{p}", i, effect + within * rng.standard_normal()))
    return pd.DataFrame(rows, columns=["concept", "seed", "prompt", "image", "difference"])


def test_the_estimate_is_the_mean_of_means_even_if_unbalanced():
    frame = pd.DataFrame({"concept": ["a", "a", "a", "b"], "seed": [0, 0, 1, 0], "x": [1.0, 3.0, 6.0, 10.0]})
    interval = stats.hierarchical_bootstrap(frame, "x")
    assert interval.estimate == pytest.approx((((1 + 3) / 2 + 6) / 2 + 10) / 2)
    assert interval.n == {"concept": 2, "seed": 3} and interval.low <= interval.estimate <= interval.high


def test_one_unit_a_level_is_scipys_bootstrap():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"concept": range(20), "x": rng.standard_normal(20)})
    ours = stats.hierarchical_bootstrap(frame, "x", repetitions=5000)
    theirs = scipy_stats.bootstrap((frame["x"].to_numpy(),), np.mean, n_resamples=5000, method="percentile", rng=rng)
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.03)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.03)


def test_the_interval_is_over_concepts_not_over_pictures():
    rng = np.random.default_rng(1)
    frame = table(rng, within=0.01)
    nested = stats.hierarchical_bootstrap(frame, "difference")
    flat = stats.hierarchical_bootstrap(frame.assign(image=range(len(frame))), "difference", levels=["image"])
    assert nested.high - nested.low > 3 * (flat.high - flat.low)


@pytest.mark.slow
def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(100):
        interval = stats.hierarchical_bootstrap(
            table(rng, concepts=12, seeds=2, prompts=2), "difference", repetitions=400
        )
        covered += interval.low <= 0 <= interval.high
    assert covered >= 85  # a percentile interval over 12 concepts is a little short of 95


def test_the_same_seed_gives_the_same_interval():
    frame = table(np.random.default_rng(3))
    assert stats.hierarchical_bootstrap(frame, "difference") == stats.hierarchical_bootstrap(frame, "difference")


def test_rows_in_another_order_give_the_same_interval():
    frame = table(np.random.default_rng(3), images=1)
    shuffled = frame.sample(frac=1, random_state=0)
    assert stats.hierarchical_bootstrap(frame, "difference") == stats.hierarchical_bootstrap(shuffled, "difference")


def test_differences_are_paired():
    frame = pd.DataFrame(
        {"method": ["kl", "kl", "naive", "naive"], "concept": ["a", "b", "b", "a"], "x": [1.0, 2.0, 1.5, 0.25]}
    )
    found = stats.paired_differences(frame, "x", arm="method", new="kl", base="naive", pair=["concept"])
    assert dict(zip(found["concept"], found["difference"], strict=True)) == {"a": 0.75, "b": 0.5}
    interval = stats.paired_interval(frame, "x", arm="method", new="kl", base="naive", pair=["concept"])
    assert interval.estimate == pytest.approx(0.625)
    for arms, named in ((("kl", "dreambooth"), "dreambooth"),):
        with pytest.raises(ValueError, match=named):
            stats.paired_differences(frame, "x", arm="method", new=arms[0], base=arms[1], pair=["concept"])
    with pytest.raises(ValueError, match="several rows"):
        stats.paired_differences(pd.concat([frame, frame]), "x", arm="method", new="kl", base="naive", pair=["concept"])


def test_sign_flips_are_counted_exactly():
    differences = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    assert stats.sign_flip_test(differences) == pytest.approx(2 / 32)
    assert stats.sign_flip_test(differences, alternative="greater") == pytest.approx(1 / 32)
    assert stats.sign_flip_test([1.0, -1.0]) == 1


def test_holm():
    # The example of R's p.adjust(c(0.01, 0.04, 0.03), "holm").
    assert stats.holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert stats.holm([0.9, 0.8]).tolist() == [1, 1]


def test_the_trend_is_scipys():
    rising = np.arange(12).reshape(3, 4) + np.array([[0], [5], [9]])
    assert stats.page_trend(rising)[1] < 0.01 < 0.5 < stats.page_trend(rising[:, ::-1])[1]


def test_an_empty_table_is_one_line():
    with pytest.raises(ValueError, match="difference"):
        stats.hierarchical_bootstrap(pd.DataFrame({"concept": ["a"], "difference": [np.nan]}), "difference")


def scores(**of_arm):
    """One row per arm, concept and seed, from arm=[[score of each seed] of each concept]."""
    rows = [
        dict(arm=arm, concept=f"c{i}", seed=seed, x=x)
        for arm, concepts in of_arm.items()
        for i, seeds in enumerate(concepts)
        for seed, x in enumerate(seeds)
    ]
    return pd.DataFrame(rows)


PAIRED = dict(arm="arm", new="b", base="a")


def test_nothing_to_compare_is_unknown():
    table = scores(a=[[1.0]], b=[[np.nan]])
    assert stats.paired_interval(table, "x", **PAIRED) is stats.UNKNOWN  # no value on the one side
    assert stats.paired_interval(table, "x", arm="arm", new="c", base="a") is stats.UNKNOWN  # no such arm
    assert stats.paired_interval(table, "x", arm="arm", new="a", base="a") is stats.UNKNOWN  # itself
    apart = scores(a=[[1.0], [np.nan]], b=[[np.nan], [2.0]])
    assert stats.paired_interval(apart, "x", **PAIRED) is stats.UNKNOWN  # both have values, none in a pair
    for empty in (table[:0], table.assign(x=np.nan), table.drop(columns="x")):
        assert stats.mean_interval(empty, "x") is stats.UNKNOWN
    assert stats.UNKNOWN.concepts == stats.UNKNOWN.seeds == wording.side(stats.UNKNOWN) == 0
    assert np.isnan(stats.UNKNOWN[:3] + (stats.UNKNOWN.p,)).all() and wording.in_words(stats.UNKNOWN) == "not defined"


def test_a_single_row_has_no_bounds():
    table = scores(a=[[1.0]], b=[[3.0]])
    for found, estimate in ((stats.paired_interval(table, "x", **PAIRED), 2), (stats.mean_interval(table[1:], "x"), 3)):
        assert found.estimate == estimate and found.n == {"concept": 1, "seed": 1}
        assert np.isnan([found.low, found.high, found.p]).all() and wording.side(found) == 0
        assert wording.in_words(found) == f"{estimate:+.3f}, no interval"


def test_equal_rows_have_bounds_only_where_several_agree_that_something_differs():
    table = scores(a=[[1.0, 1.0], [1.0, 1.0]], b=[[3.0, 3.0], [3.0, 3.0]])
    found = stats.paired_interval(table, "x", **PAIRED)
    assert found.concepts == 2 and found.estimate == found.low == found.high == 2
    for same in (scores(a=[[1.0, 1.0], [1.0, 1.0]], b=[[1.0, 1.0], [1.0, 1.0]]), scores(a=[[1.0]], b=[[3.0]])):
        found = stats.paired_interval(same, "x", **PAIRED)
        assert np.isfinite(found.estimate) and np.isnan([found.low, found.high]).all()


def test_with_more_rows_they_are_the_bootstrap():
    table = scores(a=[[1.0, 2.0], [3.0, np.nan]], b=[[1.5, 4.0], [2.0, 9.0]])
    own = table[table["arm"] == "a"]
    assert stats.mean_interval(own, "x")[:4] == stats.hierarchical_bootstrap(own, "x")[:4]
    found = stats.paired_interval(table, "x", **PAIRED, seed=7)
    pairs = stats.paired_differences(table, "x", **PAIRED, pair=("concept", "seed"))
    assert found[:4] == stats.hierarchical_bootstrap(pairs, "difference", ["concept", "seed"], seed=7)[:4]
    assert (found.estimate, found.concepts, found.seeds) == ((1.25 - 1) / 2, 2, 3)  # the seed without a partner is out


@given(st.lists(st.lists(st.integers(-50, 50), min_size=2, max_size=2), min_size=2, max_size=5))
@settings(max_examples=20, deadline=None)
def test_p_is_the_sign_flip_test_of_the_concepts(differences):
    table = scores(a=[[0.0, 0.0]] * len(differences), b=differences)
    means = np.mean(differences, axis=1)
    for alternative in ("two-sided", "greater", "less"):
        p = stats.paired_interval(table, "x", **PAIRED, alternative=alternative, repetitions=10).p
        if means.any():
            assert p == pytest.approx(stats.sign_flip_test(means, alternative=alternative))
        else:
            assert np.isnan(p)  # nothing to flip


def test_p_takes_two_concepts():
    table = scores(a=[[0.0, 0.0]], b=[[1.0, 2.0]])
    assert np.isnan(stats.paired_interval(table, "x", **PAIRED).p)
    no_concept = stats.paired_interval(table, "x", **PAIRED, pair=["seed"])
    assert np.isnan(no_concept.p) and no_concept.n == {"seed": 2} and no_concept.concepts == 0
