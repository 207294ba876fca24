"""The comparison of methods on made-up tables: what is chosen, who is best how often, what is said."""

import itertools

import numpy as np
import pandas as pd
import pytest

from study.analysis import rivals
from study.methods import TUNED
from textinv_core.evaluation.stats import Interval

CONCEPTS, SEEDS = [f"c{i}" for i in range(6)], [0, 1, 2]


def settings(gains, *, noise=0.02, seed=0, concepts=CONCEPTS):
    """gains: (method, value) -> B; K and C around it."""
    rng = np.random.default_rng(seed)
    rows = []
    for concept, s in itertools.product(concepts, SEEDS):
        shared = rng.normal(0, 0.1)
        for (method, value), B in gains.items():
            own = B + shared + rng.normal(0, noise)
            rows.append(dict(concept=concept, seed=s, method=method, value=value, K=own + 0.1, C=1 - own, B=own))
    return pd.DataFrame(rows)


def test_the_value_is_chosen_on_development_concepts_alone():
    table = settings({("kl", 0.1): 0.4, ("kl", 0.3): 0.5, ("naive", 1.0): 0.3})
    other = table["concept"].isin(CONCEPTS[2:]) & (table["value"] == 0.1)
    table.loc[other, "B"] += 1  # on the reporting concepts the other one is better: not looked at
    choice = rivals.tuned(table, CONCEPTS[:2])
    assert choice.loc["kl", "value"] == 0.3 and choice.loc["kl", "tried"] == 2 and choice.loc["naive", "tried"] == 1
    chosen = rivals.at_chosen(table, choice, CONCEPTS[2:])
    assert set(chosen["concept"]) == set(CONCEPTS[2:])
    assert chosen.groupby("method")["value"].unique().map(list).to_dict() == {"kl": [0.3], "naive": [1.0]}


def test_where_nothing_is_known_the_middle_value_stands_in():
    table = settings({("kl", 0.3): 0.5, ("kl", 0.1): 0.4, ("kl", 1.0): 0.4}).assign(B=np.nan)
    assert rivals.tuned(table, CONCEPTS).loc["kl", "value"] == 0.3


def test_the_mean_is_of_concepts_and_resampling_keeps_methods_paired():
    values = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [np.nan, np.nan]]])  # (concepts, seeds, methods)
    means = rivals.resampled(values, 200)
    np.testing.assert_allclose(means[0], [(2 + 5) / 2, (3 + 6) / 2])
    known = ~np.isnan(means).any(axis=1)
    np.testing.assert_allclose(means[known, 1] - means[known, 0], 1)  # whatever is drawn, it is drawn for both


def test_who_is_best_how_often():
    clear = settings({("kl", 0.1): 0.6, ("naive", 1.0): 0.3, ("l2", 0.1): 0.3})
    assert rivals.how_often_best(clear).to_dict() == {"kl": 1.0, "naive": 0.0, "l2": 0.0}
    alike = settings({("kl", 0.1): 0.5, ("l2", 0.1): 0.5}, noise=0.1)
    best = rivals.how_often_best(alike)
    assert best.sum() == pytest.approx(1) and best.between(0.02, 0.98).all()
    same = pd.concat([clear.query("method == 'kl'").assign(method=m) for m in ("a", "b")])
    assert rivals.how_often_best(same).to_dict() == {"a": 0.5, "b": 0.5}
    assert rivals.how_often_best(clear.assign(B=np.nan)).isna().all()


def test_context_at_equal_likeness_is_read_off_the_front():
    points = {("class word", 0.0): (0.0, 1.0), ("naive", 1.0): (0.8, 0.2), ("kl", 0.1): (0.5, 0.9)}
    rows = [
        dict(concept=c, seed=s, method=m, value=v, K=K, C=C, B=K * C)
        for c, s in itertools.product(CONCEPTS, SEEDS)
        for (m, v), (K, C) in points.items()
    ]
    table = pd.DataFrame(rows)
    found = rivals.at_equal_likeness(table, CONCEPTS, 0.4)
    assert found["naive"].estimate == pytest.approx(1 - 0.8 * 0.5)  # on the line between the two ends
    assert found["kl"].estimate == pytest.approx(1 - 0.1 * 0.8)
    assert rivals.level_of(table, CONCEPTS, 0.0) == pytest.approx(0.4) and rivals.level_of(table, CONCEPTS, 0.3) == 0.3
    assert np.isnan(rivals.at_equal_likeness(table, CONCEPTS, 0.9)["kl"].estimate)


def interval(estimate, width=0.02, concepts=6):
    return Interval(estimate, estimate - width, estimate + width, {"concept": concepts}, 0.01)


def contrast(**found):
    rows = {m: dict(interval=i, p=i.p, p_holm=i.p) for m, i in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def test_the_verdicts():
    control = interval(-0.3)
    won = rivals.answer(contrast(kl=interval(0.1), l2=interval(0.0)), contrast(l2=interval(-0.1)), control)
    assert won == dict(any="supported", kl="supported", kl_best="supported")
    lost = rivals.answer(contrast(kl=interval(0.0), l2=interval(-0.1)), contrast(l2=interval(0.1)), control)
    assert lost == dict(any="not supported", kl="not supported", kl_best="not supported")
    shown_too = rivals.answer(contrast(kl=interval(0.1)), contrast(), interval(0.2))
    assert shown_too["kl"] == "undecided"  # the class word gains as much
    few = rivals.answer(contrast(kl=interval(0.1, concepts=2)), contrast(), control)
    assert few["any"] == "undecided"


def test_contrasts_are_paired_and_corrected_over_all():
    table = settings({("naive", 1.0): 0.3, ("kl", 0.1): 0.4, ("l2", 0.1): 0.3})
    found = rivals.contrasts(table, "naive")
    assert list(found.index) == ["kl", "l2"]
    assert found.loc["kl", "interval"].estimate == pytest.approx(0.1, abs=0.02)  # the spread of concepts cancels
    assert found.loc["kl", "interval"].low > 0.08 and (found["p_holm"] >= found["p"]).all()
    assert "KL exact +0.1" in rivals.said(found)


def test_one_table_and_the_advice_from_it():
    table = settings({("naive", 1.0): 0.3, ("kl", 0.1): 0.5, ("l2", 0.1): 0.5, ("tea", 0.4): 0.1}, noise=0.05)
    choice, best = rivals.tuned(table, CONCEPTS), rivals.how_often_best(table)
    one = rivals.in_one_table(table, choice, {}, best, dict(kl=30.0, l2=10.0, naive=10.0, tea=10.0))
    assert set(one.index[:2]) == {"kl", "l2"} and one["B"].is_monotonic_decreasing
    assert (one["low"] < one["B"]).all() and (one["tried"] == 1).all()
    expected = table.query("method == 'kl'").groupby("concept")["B"].std().mean()
    assert one.loc["kl", "spread"] == pytest.approx(expected)
    first, second = rivals.advice(one, table, "B")
    assert first.startswith("Choose ") and "resampled studies" in first
    near = {"kl": "L2 to the class word", "l2": "KL exact"}[one.index[0]]
    assert near in second and "TEA" not in second and "naive" not in second
    assert "seconds a word" in rivals.table_shown(one).to_html()
    alone = rivals.advice(one.loc[[one.index[0], "tea"]], table, "B")[1]
    assert alone.startswith("Every other method is worse")
    assert "No method" in rivals.advice(one.assign(B=np.nan), table, "B")[0]


def test_without_an_oracle_the_anchors_scale_stands_in():
    scaled = settings({("naive", 1.0): 0.3}).assign(R=0.25, E=1.0)
    table = rivals.by_clip(scaled)
    assert (table["B"] == 0.5).all() and (table["K"] == 0.25).all() and (table["C"] == 1).all()
    assert rivals.by_clip(scaled.assign(R=-0.2))["B"].eq(0).all()


def test_every_method_has_a_name_of_its_own():
    assert len({rivals.shown_method(name) for name in TUNED}) == len(TUNED)
