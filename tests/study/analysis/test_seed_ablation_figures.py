"""The figures of the page on training seeds, from tables made by hand."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.analysis import seed_ablation_figures as figures
from study.analysis.seed_ablation import ALL, Apart

TEXTS, CALLED = ["a photo of {}", "{} at night", "{} in snow"], {"{} at night": "at night", "{} in snow": "in snow"}
LABELS, SEEDS = {"oak": "old oak", "hall": "hall"}, [3, 5, 7]
PICTURE = Image.new("RGB", (8, 8))


def pictures():
    places = pd.MultiIndex.from_product([TEXTS, range(3)], names=["prompt", "seed"])
    return pd.Series([PICTURE] * len(places), index=places)


def shown(axis):
    return [label.get_text() for label in axis.get_ticklabels()]


def test_columns_are_the_noises_of_the_plain_prompt_then_contexts():
    columns = figures.columns_of(TEXTS, CALLED, range(2), 1)
    assert list(columns.values()) == ["noise 0", "noise 1", "at night"] and ("{} at night", 0) in columns
    assert list(figures.columns_of(TEXTS[:1], CALLED, range(1), 2).values()) == ["noise 0"]


def test_a_row_a_word_and_a_frame_a_seed():
    columns = figures.columns_of(TEXTS, CALLED, range(2), 1)
    (ax,) = figures.by_noise({"tree": pictures(), "seed 3": pictures()}, columns).axes
    assert shown(ax.yaxis) == ["tree", "seed 3"] and shown(ax.xaxis) == list(columns.values())
    tiles = {name: dict.fromkeys(SEEDS, pictures()) for name in LABELS}
    frames = figures.frames(tiles, dict.fromkeys(LABELS, PICTURE), dict.fromkeys(LABELS, columns), LABELS)
    assert len(frames) == len(SEEDS) and [len(frame.axes) for frame in frames] == [2, 2, 2]


def test_shares_of_the_variance_fill_a_bar():
    parts = dict(seed=0.25, noise=-0.1, rest=0.75)
    rows = [
        dict(score=score, concept=c, source=source, estimate=share, low=share - 0.5, high=share + 0.1)
        for score in ("K", "editability")
        for c in (*LABELS, ALL)
        for source, share in parts.items()
    ]
    left, right = figures.variance(pd.DataFrame(rows), LABELS, 0.1).axes
    assert shown(left.yaxis) == ["old oak", "hall", "all together"]
    assert (left.get_xlabel(), right.get_xlabel()) == ("concept kept (K)", "editability")
    assert [bar.get_width() for bar in left.patches][:6] == pytest.approx([0.25] * 3 + [0] * 3)
    assert max(bar.get_x() + bar.get_width() for bar in left.patches) == pytest.approx(1)


def test_distances_have_a_line_for_what_differs():
    kinds = ("plain prompt", "in context")
    rows = [dict(prompt=k, differs=d, estimate=0.2, low=0.1, high=0.3) for k in kinds for d in figures.DIFFERS]
    each = {(k, d): dict.fromkeys(LABELS, 0.2) for k in kinds for d in figures.DIFFERS}
    axes = figures.distances(Apart(pd.DataFrame(rows), {}, each), LABELS).axes
    assert shown(axes[0].yaxis) == list(figures.DIFFERS.values())
    assert [ax.get_xlabel() for ax in axes] == [f"distance of pictures, {kind}" for kind in kinds]


def test_every_pair_of_seeds_has_a_dot():
    matrix = np.array([[1.0, 0.5, 0.6], [0.5, 1.0, 0.7], [0.6, 0.7, 1.0]])
    _, right, *_ = figures.learned_rows({"oak": matrix, "hall": matrix}, SEEDS, LABELS).axes
    assert [sorted(line.get_xdata()) for line in right.lines] == [[0.5, 0.6, 0.7]] * 2
    assert len(figures.learned_rows({"oak": np.eye(1)}, [3], LABELS).axes) == 3  # one seed has no pair
