"""Where words end: a dot for each, and the anchors of each concept."""

import numpy as np
import pandas as pd

from study.levels import ANCHORS, levels_between_anchors

VALUES, LABELS = {"K": "kept", "B": "both"}, {"oak": "old oak", "hall": "hall"}


def figure_of(seeds, plain=0.1):
    rows = [dict(concept=c, seed=s, K=0.5 + i / 10, B=0.2) for c in LABELS for i, s in enumerate(seeds)]
    ends = pd.DataFrame([dict(arm=a, concept=c) for a in ANCHORS for c in LABELS])
    level = ends["arm"].map(dict(image_only=0.9, plain=plain))
    anchors = ends.assign(K=level, B=level).set_index(["arm", "concept"])
    order = sorted([*seeds, "seed 9"])  # nobody has that
    return levels_between_anchors(pd.DataFrame(rows), anchors, LABELS, by="seed", order=order, values=VALUES)


def test_every_word_has_a_dot_beside_the_others_of_its_concept():
    left, right = figure_of(["seed 3", "seed 5", "seed 7"]).axes
    places = np.concatenate([dots.get_offsets() for dots in left.collections])
    assert len(places) == 6 and len({tuple(place) for place in places}) == 6
    assert sorted({round(x) for x, _ in places}) == [0, 1]
    assert (left.get_ylabel(), right.get_ylabel()) == ("kept", "both")
    assert [label.get_text() for label in left.get_xticklabels()] == list(LABELS.values())


def test_the_legend_names_what_has_a_colour_and_both_anchors_once():
    (legend,) = figure_of(["seed 5", "seed 3"]).legends
    called = [called for _, called in ANCHORS.values()]
    assert [text.get_text() for text in legend.get_texts()] == ["seed 3", "seed 5", *called]


def test_an_anchor_that_is_not_known_is_not_drawn():
    left, _ = figure_of(["seed 3"], plain=np.nan).axes
    known = [line for line in left.lines if np.isfinite(line.get_ydata()).all()]
    assert len(known) == len(LABELS)
