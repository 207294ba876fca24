"""Distances of pictures, and shares of a variance, against their definitions written out."""

import numpy as np
import pandas as pd
import pytest
import torch

from study import seed_variance
from textinv_core.evaluation.stats import hierarchical_bootstrap


def test_spread_is_one_minus_the_cosine_over_pairs():
    features = torch.nn.functional.normalize(torch.randn(3, 4, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    within, between = seed_variance.spread_within(features), seed_variance.spread_between(features)
    pairs = [1 - float(features[1, i] @ features[1, j]) for i in range(4) for j in range(4) if i != j]
    assert within[1] == pytest.approx(np.mean(pairs), abs=1e-6)
    assert between[0, 2] == pytest.approx(1 - float((features[0] * features[2]).sum(-1).mean()), abs=1e-6)
    assert np.diag(between) == pytest.approx(0, abs=1e-6)
    assert seed_variance.spread_between(features, features[1:]).shape == (3, 2)
    assert np.isnan(seed_variance.spread_within(features[:, :1])).all()


def test_resampled_units_are_the_hierarchical_bootstrap():
    rng = np.random.default_rng(0)
    parts = [rng.normal(i, 1, size) for i, size in enumerate((4, 6, 5))]
    frame = pd.DataFrame(dict(concept=c, seed=s, x=x) for c, part in enumerate(parts) for s, x in enumerate(part))
    known = hierarchical_bootstrap(frame, "x")
    found = seed_variance.interval_of(seed_variance.resampled_units(parts), parts)
    assert found.estimate == pytest.approx(known.estimate) and found.n == known.n
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=0.1)


def test_a_seed_drawn_twice_is_no_pair():
    apart = np.ones((4, 4)) - np.eye(4)
    samples = seed_variance.resampled_units([apart])
    assert np.nanmin(samples) == np.nanmax(samples) == 1
    for lonely in (np.ones(1), np.zeros((1, 1)), np.ones((2, 2))):
        assert np.isnan(seed_variance.interval_of(seed_variance.resampled_units([lonely]), [lonely]).low)
    assert np.isnan(seed_variance.interval_of(seed_variance.resampled_units([]), []).estimate)


def test_variance_parts_are_the_analysis_of_variance():
    S, N = 5, 7
    rng = np.random.default_rng(0)
    y = rng.normal(size=(S, 1)) + 2 * rng.normal(size=(1, N)) + rng.normal(size=(S, N))
    rest = y - y.mean(1, keepdims=True) - y.mean(0) + y.mean()
    ms_rest = (rest**2).sum() / ((S - 1) * (N - 1))
    by_source = seed_variance.variance_parts(y)
    parts = {k: seed_variance.resampled_units([v], repetitions=0)[0] for k, v in by_source.items()}
    assert parts["seed"] == pytest.approx((N * y.mean(1).var(ddof=1) - ms_rest) / N)
    assert parts["noise"] == pytest.approx((S * y.mean(0).var(ddof=1) - ms_rest) / S)
    assert parts["within"] == pytest.approx(y.var(axis=1, ddof=1).mean())
    assert np.isnan(seed_variance.variance_parts(y[:, :1])["within"]).all()
