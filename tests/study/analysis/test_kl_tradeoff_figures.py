"""The figures of the page on leashes, from tables whole and empty."""

import numpy as np
import pandas as pd
import pytest
from conftest import draw
from matplotlib.colors import to_hex

from study.analysis import kl_tradeoff as analysis
from study.analysis import kl_tradeoff_claims as decide
from study.analysis import kl_tradeoff_figures as figures
from study.analysis.kl_tradeoff import BY_ORACLE, KL, RIVALS

WEIGHTS = [0.1, 0.3, 1.0]


def results_of(names=("a", "b"), seeds=(0, 1)):
    rows = []
    for name in names:
        for s in seeds:
            settings = [("initializer", 0.0, 0.0), ("naive", 0.0, 1.0), ("norm lock", 1.0, 0.9)]
            settings += [(KL, w, 1 / (1 + w)) for w in WEIGHTS]
            for method, strength, share in settings:
                row = dict(concept=name, method=method, strength=strength, seed=s, K=share, C=1 - share / 2, loss=0.1)
                row |= dict(B=share * (1 - share / 2), R=share, E=1 - share, balance=0.5, moved=share)
                rows.append(row | dict(nearest_cosine=0.5, norm_ratio=1.0))
    return analysis.of_the_naive(pd.DataFrame(rows), "K")


def test_pictures_go_from_loose_to_tight_with_the_weight_in_use_among_them():
    weights = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0]
    rungs = [("naive", 0.0), *((KL, w) for w in weights), ("initializer", 0.0)]
    tiles = {(*rung, 0, "a photo of {}"): draw(i) for i, rung in enumerate(rungs)}
    figure = figures.loose_to_tight(tiles, [draw(9)], {"a photo of {}": "plain"}, weights, 0.02, 0)
    (ax,) = figure.axes
    called = [label.get_text() for label in ax.get_yticklabels()]
    assert called[0] == "no leash" and called[-1] == "initializer" and "λ = 0.02" in called
    assert len(called) <= figures.ROWS + 3 and called[1:-1] == sorted(called[1:-1], key=lambda text: float(text[4:]))


@pytest.mark.parametrize("by_clip_too", [True, False])
def test_every_leash_has_a_curve_and_one_setting_is_a_mark(by_clip_too):
    figure = figures.trade(results_of(), BY_ORACLE, by_clip_too=by_clip_too)
    assert len(figure.axes) == 2 + by_clip_too
    assert {KL, "norm lock"} <= {text.get_text() for text in figure.legends[0].get_texts()}
    thin = [line for line in figure.axes[0].lines if to_hex(line.get_color()) == "#cccccc"]
    assert len(thin) == 4  # two concepts, two seeds


def test_equal_terms_have_a_row_for_each_rival():
    rows = [
        dict(terms=terms, rival=rival, difference=found, low=0.0, high=np.nan)
        for terms, found in (("equal likeness", 0.0), ("equal pull", 0.1))
        for rival in RIVALS
    ]
    left, right = figures.equal_terms(pd.DataFrame(rows), BY_ORACLE).axes
    assert "context there" in left.get_xlabel() and "both" in right.get_xlabel()
    assert [label.get_text() for label in left.get_yticklabels()] == list(RIVALS)
    assert left.texts and not right.texts  # where no pair differs, the panel says so


def test_stability_says_so_where_one_seed_has_no_spread():
    usual = {"norm_ratio": (0.5, 1.5)}
    for seeds, said in (((0, 1), False), ((0,), True)):
        results = results_of(seeds=seeds)
        rungs = decide.by_weight(results, decide.spread_over_seeds(results, BY_ORACLE))
        axes = figures.stability(rungs, usual, WEIGHTS).axes
        assert bool(axes[0].texts) == said and not axes[1].texts
        assert [label.get_text() for label in axes[0].get_xticklabels()] == ["0", "0.1", "0.3", "1"]


def test_the_choice_marks_the_weight_in_use_and_bears_an_empty_table():
    results = results_of()
    found = analysis.choose_weight(results, BY_ORACLE, WEIGHTS)
    ax = figures.choice(found, BY_ORACLE, WEIGHTS, 0.3).axes[0]
    assert ax.lines[-1].get_xdata()[0] == 2 and len(ax.lines) == 4
    empty = analysis.choose_weight(results[:0], BY_ORACLE, WEIGHTS)
    assert figures.choice(empty, BY_ORACLE, WEIGHTS, 0.3).axes


def test_places_show_two_pictures_each_or_say_that_there_are_none():
    tiles = {("naive", 0.0, 3, "p"): draw(0), (KL, 0.3, 3, "p"): draw(1)}
    (ax,) = figures.places({"high rate": ("plum_cat", tiles)}, {"plum_cat": "p"}, 0.3, 3).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["high rate\nplum cat"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["no leash", "λ = 0.3"]
    (ax,) = figures.places({}, {}, 0.3, 3).axes
    assert "No place" in ax.texts[0].get_text()
