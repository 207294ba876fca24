"""The figures of the page on settings, with what there is and with nothing."""

import itertools

import numpy as np
import pandas as pd
from PIL import Image

from study.analysis import regime_figures as figures
from study.analysis.regime import SIZES

VALUES = {"K": "kept", "C": "context", "value": "B"}


def table(**values):
    places = itertools.product(("oak", "hall"), (0, 1), (0.01, 0.03), (250, 500))
    rows = [dict(concept=c, seed=s, rate=r, step=n) for c, s, r, n in places]
    return pd.DataFrame(rows).assign(**dict.fromkeys(VALUES, 0.5) | values)


def test_a_column_a_setting_after_the_training_picture():
    picture, tried = Image.new("RGB", (8, 8)), {"rate 0.01": (0.01, 500), "rate 0.03": (0.03, 500)}
    drawn = {(*at, name): [picture, picture] for at in tried.values() for name in ("oak", "hall")}
    (ax,) = figures.pictures(drawn, tried, dict.fromkeys(("oak", "hall"), picture), {"oak": "old oak"}, 1).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["training", *tried]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["old oak", "hall"]


def test_a_line_a_learning_rate_in_every_panel_that_is_known():
    figure = figures.length(table(), VALUES, 250)
    assert [ax.get_ylabel() for ax in figure.axes] == list(VALUES.values())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["0.01", "0.03"]
    blind = figures.length(table(K=np.nan, C=np.nan), VALUES, 250)
    assert [ax.get_ylabel() for ax in blind.axes] == ["B"]
    assert len(figures.length(table(**dict.fromkeys(VALUES, np.nan)), VALUES, 250).axes) == 1


def test_what_was_chosen_is_marked_in_each_panel():
    by_weight, by_guidance = (table().rename(columns=dict(rate=axis)) for axis in ("weight", "guidance"))
    tables = dict(weight=by_weight, guidance=by_guidance.assign(guidance=by_guidance["guidance"] * 100))
    axes = figures.others(tables, dict(weight=0.03, guidance=1.0), 0.4, "B").axes
    assert [ax.get_xlabel() for ax in axes] == ["KL weight", "guidance"]
    assert [[line.get_xdata()[0] for line in ax.lines if line.get_linestyle() == "--"] for ax in axes] == [
        [0.03],
        [1.0],
    ]
    assert [sum(line.get_linestyle() == ":" for line in ax.lines) for ax in axes] == [1, 0]


def test_the_size_of_a_study_is_drawn_for_seeds_and_pictures_or_why_not():
    plan = pd.DataFrame(SIZES, columns=["concepts", "seeds", "pictures"]).assign(width=0.1)
    (ax,) = figures.power(plan, 0.1, 3).axes
    named = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(named) == 5 and "1 seed, 8 pictures" in named and "3 seeds, 32 pictures" in named
    (empty,) = figures.power(None, 0.1, 3).axes
    assert "nothing to plan from" in empty.texts[0].get_text()
