"""Figures that pages share: a grid a frame, scores between anchors, intervals as bars and rows."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study import panels
from study.scores import SCORES


def test_a_frame_has_a_panel_a_concept():
    image = Image.new("RGB", (8, 8))
    cells = [
        dict(frame=step, panel=name, row=name, column=column, image=image)
        for step in (0, 10)
        for name in ("oak", "hall", "car")
        for column in ("plain", "context")
    ]
    for across in (False, True):
        frames = panels.picture_frames(cells, size=(2, 1), across=across)
        assert [len(frame.axes) for frame in frames] == [3, 3]
        assert list(frames[0].get_size_inches()) == ([6, 1] if across else [2, 3])
    assert 'max="1"' in panels.slider(frames, [0, 10], "pictures").data


def test_bars_are_lengths_and_none_where_there_is_no_interval():
    table = pd.DataFrame(dict(estimate=[1.0, 2.0], low=[0.5, np.nan], high=[3.0, np.nan]))
    assert panels.bars(table).tolist() == [[0.5, 0.0], [2.0, 0.0]]


def test_rows_of_intervals_name_each_concept_once():
    table = pd.DataFrame(dict(estimate=[1.0, np.nan], low=[0.5, np.nan], high=[3.0, np.nan]))
    ax = panels.interval_rows(plt.subplots()[1], table, [{"oak": 1.0}, {"oak": 2.0}], ["a", "b"], {"oak": "oak tree"})
    assert ax.get_legend_handles_labels()[1] == ["oak tree"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


@pytest.mark.parametrize("hue", [None, "seed"])
def test_scores_stand_between_their_anchors(hue):
    rows = [(n, s, step) for n in ("oak", "hall") for s in ("seed 0", "seed 1") for step in (0, 10)]
    summary = pd.DataFrame(rows, columns=["concept", "seed", "step"]).assign(arm=lambda t: t["concept"] + t["seed"])
    summary = summary.assign(**dict.fromkeys(SCORES, 0.5))
    anchors = pd.DataFrame(
        [(a, n) for a in ("image_only", "plain") for n in ("oak", "hall")], columns=["arm", "concept"]
    )
    anchors = anchors.assign(**dict.fromkeys(SCORES, [1.0, 1.0, 0.0, 0.0])).set_index(["arm", "concept"])
    labels = {"oak": "oak", "hall": "hall"}
    figure = panels.scores_between_anchors(summary, anchors, labels, hue=hue, shaded=(2, 4))
    assert len(figure.axes) == 4 and bool(figure.legends) == bool(hue)
    assert {1.0, 0.0} <= {line.get_ydata()[0] for line in figure.axes[0].lines if len(line.get_ydata())}


def test_an_empty_panel_says_why():
    ax = panels.nothing_there(plt.subplots()[1], "no oracle")
    assert [text.get_text() for text in ax.texts] == ["no oracle"] and not len(ax.get_xticks())
    plt.close(ax.figure)
