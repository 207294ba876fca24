"""The figures of the page on probes, from tables whole and empty."""

import itertools

import numpy as np
import pandas as pd
import pytest
from conftest import draw

from study.analysis import probes_figures as figures
from study.analysis.probes import CLASS, NAIVE, NAIVE_SCALED, POOLED, READINGS, RIGHT, RUNGS, TRAP, slopes


def table(names=("a", "b"), **more):
    places = itertools.product(names, (0, 1), (CLASS, NAIVE), (RIGHT, TRAP))
    return pd.DataFrame([dict(concept=c, seed=s, reading=k, pooling=p) for c, s, k, p in places]).assign(**more)


def test_a_mean_is_over_concepts_or_the_seeds_of_one():
    rows = figures.unit_means(table(x=1.0), ["reading", "pooling"], ["x"])
    assert "concept" in rows and len(rows) == 8 and set(rows["pooling"]) == set(POOLED.values())
    assert "seed" in figures.unit_means(table(["a"], x=1.0), ["reading"], ["x"])
    assert figures.among(table(), READINGS) == [CLASS, NAIVE] and figures.among(pd.DataFrame(), READINGS) == []


def test_the_trap_has_both_ways_of_reading():
    (ax,) = figures.trap(table(moved=0.1, after=True)).axes
    assert [label.get_text() for label in ax.get_legend().get_texts()] == list(POOLED.values())
    assert figures.trap(table(moved=0.1, after=False)).axes[0].get_legend() is None  # of styles: nothing to show


def test_three_probes_with_and_without_a_clip():
    order = pd.concat([table(rung=rung, image=0, cosine=-0.1 * i) for i, rung in enumerate(RUNGS)])
    left, right, second, third = figures.three_probes(slopes(order), table(value=0.2), table(interaction=0.1)).axes
    assert left.get_legend() and not right.get_legend() and second.get_legend() and third.get_legend()
    nothing = pd.DataFrame()
    assert len(figures.three_probes(slopes(nothing), nothing, nothing).axes) == 4


def test_contexts_keep_a_panel_that_nobody_could_tell():
    scores = table(context="at night", there=np.nan, differs=0.2)
    figure = figures.contexts(scores, ["plain", "at night"], {"there": "C", "differs": "differs"})
    assert [ax.get_xlabel() for ax in figure.axes] == ["C", "differs"] and figure.axes[1].get_legend()


def test_words_among_the_ordinary():
    ordinary = pd.DataFrame(dict(norm=[1.0, 2.0, 3.0], cosine=[0.1, 0.2, 0.3]))
    (ax,) = figures.words(table(norm=2.0, cosine=0.5), ordinary, 2.0).axes
    edges = [line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"][:2]
    assert edges == pytest.approx([0.525, 1.475])  # 95 % of the ordinary lengths, over the vocabulary's
    assert "ordinary words" in {label.get_text() for label in ax.get_legend().get_texts()}


def test_pictures_have_a_row_for_each_word_that_drew_any():
    drawn = pd.DataFrame(
        [
            dict(reading=k, prompt=p, image=draw(i))
            for i, k in enumerate((NAIVE, CLASS, NAIVE_SCALED))
            for p in ("a photo of {}", "a photo of {} at night")
        ]
    ).set_index(["reading", "prompt"])["image"]
    heads = {"plum_cat": {"a photo of {}": "plain", "a photo of {} at night": "at night"}}
    (ax,) = figures.pictures({"plum_cat": drawn}, {"plum_cat": draw(9)}, heads, {"plum_cat": "plum cat"}).axes
    assert [label.get_text() for label in ax.get_yticklabels()] == [CLASS, NAIVE]  # without the rescaled one
    assert [label.get_text() for label in ax.get_xticklabels()] == ["pictures", "plain", "at night"]
    assert ax.get_xlabel() == "plum cat"
