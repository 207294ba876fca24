"""The figures of the page on length of training, from tables with an oracle and without."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.analysis import step_ablation_figures as figures
from study.scores import SCORES
from study.truth import KEPT

STEPS, POSTER = (0, 25, 100, 500, 5000), (1000, 3500)
SHOWN = {name: {"a photo of {}": "plain", "a photo of {} at night": "at night"} for name in ("oak", "hall")}
LABELS = {"oak": "oak", "hall": "hall"}
PHOTOS = dict.fromkeys(SHOWN, Image.new("RGB", (8, 8), "red"))


def table(**values):
    rows = [dict(concept=c, arm=f"{c}{s}", seed=s, step=step) for c in SHOWN for s in (0, 1) for step in STEPS]
    return pd.DataFrame(rows).assign(**values)


def tiles():
    places = pd.MultiIndex.from_product([SHOWN["oak"], STEPS], names=["prompt", "step"])
    return {name: pd.Series([Image.new("RGB", (8, 8))] * len(places), index=places) for name in SHOWN}


def test_of_all_pictures_those_of_one_word_and_the_first_noise_are_shown():
    places = [dict(arm=a, seed=n, prompt="p", step=s) for a in "ab" for n in (0, 1) for s in (0, 5)]
    pictures = pd.DataFrame([place | dict(image=tuple(place.values())) for place in places])
    own = figures.first_of(pictures, "b")
    assert list(own.index) == [("p", 0), ("p", 5)] and own["p", 5] == ("b", 0, "p", 5)


def test_the_grid_has_a_column_a_step_after_the_training_picture():
    (ax,) = figures.over_training(tiles(), PHOTOS, SHOWN, LABELS, (0, 500)).axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["pictures", "0", "500"]
    assert [label.get_text() for label in ax.get_yticklabels()] == list(LABELS.values())


def test_there_is_a_frame_for_every_step():
    frames = figures.frames(tiles(), PHOTOS, SHOWN, LABELS, STEPS)
    assert len(frames) == len(STEPS) and {len(frame.axes) for frame in frames} == {len(SHOWN)}
    columns = [label.get_text() for label in frames[0].axes[0].get_xticklabels()]
    assert columns == ["pictures", "plain", "at night"]


@pytest.mark.parametrize("values", [KEPT, SCORES], ids=["oracle", "CLIP"])
def test_a_column_of_panels_for_every_concept(values):
    ends = [{"arm": arm, "concept": c} | dict.fromkeys(values, 0.9) for arm in ("image_only", "plain") for c in SHOWN]
    anchors = pd.DataFrame(ends).set_index(["arm", "concept"])
    figure = figures.by_concept(table(**dict.fromkeys(values, 0.5)), anchors, LABELS, values, POSTER)
    assert len(figure.axes) == len(values) * len(SHOWN)
    assert {ax.get_xscale() for ax in figure.axes} == {"symlog"}


def test_without_an_oracle_there_is_no_panel_of_it():
    blind, seeing = table(K=np.nan, C=np.nan, B=np.nan), table(K=0.5, C=0.5, B=0.2)
    scaled = table(R=0.5, E=0.5, balance=0.5)
    assert len(figures.together(blind, scaled, POSTER).axes) == 1
    both = figures.together(seeing, scaled, POSTER).axes
    called = [text.get_text() for text in both[0].get_legend().get_texts()]
    assert len(both) == 2 and called == list(figures.OF_ORACLE.values())


def test_where_the_row_goes_has_a_panel_for_each_measure():
    figure = figures.drift(table(loss=0.1, norm_ratio=1.0, cos_initial=0.5))
    assert [ax.get_ylabel() for ax in figure.axes] == list(figures.OF_ROW.values())


@pytest.mark.parametrize(
    ("steps", "labelled"), [(STEPS, ["0", "100", "500", "5000"]), ((0, 2, 4), ["0", "4"]), ((0, 300), ["0", "300"])]
)
def test_labelled_steps_keep_their_distance(steps, labelled):
    ax = figures.early_wide(plt.subplots()[1], steps)
    assert [label.get_text() for label in ax.get_xticklabels()] == labelled
    assert ax.get_xlim() == (0, steps[-1])


def test_a_band_is_over_concepts_or_the_words_of_one():
    assert figures.units_of(table()) == "concept"
    assert figures.units_of(table().query("concept == 'oak'")) == "arm"
