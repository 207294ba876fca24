"""The figures of the page on first words, from tables made by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.analysis import initializer_ablation_figures as figures
from study.analysis.initializer_ablation import MEASURES
from study.analysis.initializer_apart import CALLED, RIVALS

PICTURE, LABELS = Image.new("RGB", (8, 8)), {"oak": "old oak", "hall": "hall"}
WORDS = {"own": "tree", "other": "bush", "far": "apple"}
ARMS = {role: f"arm of {word}" for role, word in WORDS.items()}
SHOWN, STEPS = {"a photo of {}": "plain", "{} at night": "at night"}, (0, 500)


def tiles():
    places = [ARMS.values(), STEPS, SHOWN, range(2)]
    index = pd.MultiIndex.from_product(places, names=["arm", "step", "prompt", "seed"])
    return pd.Series([PICTURE] * len(index), index=index)


def ticks(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_the_grid_has_a_row_for_every_first_word():
    (ax,) = figures.from_each_word(tiles(), ARMS, WORDS, [PICTURE], SHOWN, STEPS).axes
    assert ticks(ax.xaxis) == ["pictures", "0", "500", "at night"]
    assert ticks(ax.yaxis) == [f"{word}\n({CALLED[role]})" for role, word in WORDS.items()]


def test_there_is_a_frame_a_step_and_a_panel_a_concept():
    each = {name: tiles() for name in LABELS}
    same = (dict.fromkeys(LABELS, of) for of in (ARMS, WORDS, SHOWN))
    frames = figures.frames(each, *same, LABELS, STEPS)
    assert [len(frame.axes) for frame in frames] == [2, 2]
    assert ticks(frames[0].axes[0].yaxis) == list(WORDS.values())


def test_a_row_an_arm_and_a_column_a_noise():
    (ax,) = figures.by_noise(tiles(), {"tree\nseed 0": ARMS["own"]}, 500, "a photo of {}", range(2)).axes
    assert ticks(ax.xaxis) == ["noise 0", "noise 1"] and ticks(ax.yaxis) == ["tree\nseed 0"]


def distances(there):
    rows = []
    for role, step in itertools.product(RIVALS, STEPS):
        for measure in ("words", "seeds", "excess", "cos_words", "cos_seeds"):
            value = 0.5 if role in there else np.nan
            rows.append(dict(role=role, step=step, measure=measure, estimate=value, low=value, high=value))
    return pd.DataFrame(rows)


@pytest.mark.parametrize("there", [("far", "random"), RIVALS])
def test_a_line_for_every_rival_there_is_and_one_for_the_seed(there):
    left, right = figures.apart(distances(there)).axes
    assert ticks(left.yaxis) == [*(f"{CALLED[role]} v. own" for role in there), "another training seed"]
    assert len(left.containers) == len(right.containers) == len(there) + 1


def test_contrasts_have_a_panel_a_measure():
    rows = [dict(measure=m, role=r, estimate=0.1, low=0.0, high=0.2) for m in MEASURES for r in RIVALS]
    parts = {value: [dict.fromkeys(LABELS, 0.1), {}, {}, {}] for value in ("K", "variability")}
    axes = figures.contrasts(pd.DataFrame(rows), parts, LABELS).axes
    assert [ax.get_xlabel() for ax in axes] == [MEASURES["K"], MEASURES["variability"]]
    assert ticks(axes[0].yaxis) == [CALLED[role] for role in RIVALS]


@pytest.mark.parametrize("names", [("oak", "hall"), ("oak",)])
def test_what_is_left_stands_beside_what_there_was(names):
    rows = [
        dict(
            concept=c,
            arm=f"{c}{role}{s}",
            role=role,
            step=step,
            travelled=step / 500,
            cos_initial=0.5,
            left=1 - step / 500,
        )
        for c in names
        for role in WORDS
        for s in (0, 1)
        for step in STEPS
    ]
    table = pd.DataFrame(rows)
    axes = figures.what_is_left(table.drop(columns="left"), table[["concept", "arm", "role", "step", "left"]]).axes
    assert [ax.get_xlabel() for ax in axes] == list(figures.LEFT.values())
    assert ticks(axes[0].yaxis) == [CALLED[role] for role in WORDS]
    (begun,) = [line for line in axes[2].lines if line.get_label() == "before training"]
    assert list(begun.get_xdata()) == [1.0] * len(WORDS)
