"""Intervals that cover what they should, and tests that agree with their definitions."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from textinv_core import stats


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
    interval = stats.bootstrap_difference(frame, "x", arm="method", new="kl", base="naive", pair=["concept"])
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


def test_trend_and_rank_correlation_are_scipys():
    rising = np.arange(12).reshape(3, 4) + np.array([[0], [5], [9]])
    assert stats.page_trend(rising)[1] < 0.01 < 0.5 < stats.page_trend(rising[:, ::-1])[1]
    assert stats.kendall([1, 2, 3, 3], [1, 2, 3, 3])[0] == 1


def test_an_empty_table_is_one_line():
    with pytest.raises(ValueError, match="difference"):
        stats.hierarchical_bootstrap(pd.DataFrame({"concept": ["a"], "difference": [np.nan]}), "difference")


def test_a_difference_that_cannot_be_had_is_unknown():
    frame = pd.DataFrame({"word": ["a", "b"], "concept": ["x", "x"], "seed": [0, 0], "y": [1.0, 3.0]})
    how = dict(arm="word", base="a", pair=["concept", "seed"])
    single = stats.paired_interval(frame, "y", new="b", **how)
    assert single.estimate == 2 and np.isnan(single.low) and stats.side(single) == 0
    assert np.isnan(stats.paired_interval(frame, "y", new="c", **how).estimate)
    assert stats.in_words(stats.UNKNOWN) == "not defined"
    assert stats.in_words(stats.Interval(0.1, 0.05, 0.2, {})) == "+0.100, 95 % interval +0.050 to +0.200"
    assert [stats.side(stats.Interval(0.1, 0.05, 0.2, {}), of) for of in (0, 0.1, 0.3)] == [1, 0, -1]


def test_resampled_units_are_the_hierarchical_bootstrap():
    rng = np.random.default_rng(0)
    parts = [rng.normal(i, 1, size) for i, size in enumerate((4, 6, 5))]
    frame = pd.DataFrame(
        dict(concept=c, seed=s, x=x) for c, part in enumerate(parts) for s, x in enumerate(part)
    )
    found, known = stats.interval_of(stats.resampled_units(parts), parts), stats.hierarchical_bootstrap(frame, "x")
    assert found.estimate == pytest.approx(known.estimate) and found.n == known.n
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.1)


def test_a_seed_drawn_twice_is_no_pair():
    apart = np.ones((4, 4)) - np.eye(4)
    samples = stats.resampled_units([apart])
    assert np.nanmin(samples) == np.nanmax(samples) == 1
    for lonely in (np.ones(1), np.zeros((1, 1)), np.ones((2, 2))):
        assert np.isnan(stats.interval_of(stats.resampled_units([lonely]), [lonely]).low)
    assert np.isnan(stats.interval_of(stats.resampled_units([]), []).estimate)


def test_variance_parts_are_the_analysis_of_variance():
    S, N = 5, 7
    rng = np.random.default_rng(0)
    y = rng.normal(size=(S, 1)) + 2 * rng.normal(size=(1, N)) + rng.normal(size=(S, N))
    rest = y - y.mean(1, keepdims=True) - y.mean(0) + y.mean()
    ms_rest = (rest**2).sum() / ((S - 1) * (N - 1))
    parts = {k: stats.resampled_units([v], repetitions=0)[0] for k, v in stats.variance_parts(y).items()}
    assert parts["seed"] == pytest.approx((N * y.mean(1).var(ddof=1) - ms_rest) / N)
    assert parts["noise"] == pytest.approx((S * y.mean(0).var(ddof=1) - ms_rest) / S)
    assert parts["within"] == pytest.approx(y.var(axis=1, ddof=1).mean())
    assert np.isnan(stats.variance_parts(y[:, :1])["within"]).all()
