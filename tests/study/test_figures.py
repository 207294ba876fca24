"""Figures take a table and an Axes and return the Axes; the slider is one self-contained element."""

import io
import re
from html.parser import HTMLParser

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from conftest import draw
from PIL import Image

from study import figures


@pytest.fixture
def ax():
    return plt.subplots()[1]


def test_a_grid_places_each_picture_under_its_labels(ax):
    table = pd.DataFrame([dict(step=s, seed=k, image=draw(s + k, (16, 16))) for s in (0, 1) for k in (5, 6, 7)])
    assert figures.image_grid(table, row="seed", column="step", column_labels={0: "start"}, ax=ax) is ax
    sheet = np.asarray(ax.images[0].get_array())
    assert sheet.shape[:2] == (16 * 3 + 4, 16 * 2 + 2)
    assert np.array_equal(sheet[18:34, 18:34], np.asarray(draw(7, (16, 16))))  # seed 6, step 1
    assert [label.get_text() for label in ax.get_xticklabels()] == ["start", "1"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["5", "6", "7"]


def test_curves_are_over_units_not_pictures(ax):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        [dict(step=s, concept=c, arm=a, x=rng.random()) for s in (0, 5) for c in "abc" for a in "kn" for _ in range(4)]
    )
    assert figures.step_curves(table, "x", hue="arm", ax=ax) is ax
    expected = table[(table["arm"] == "k") & (table["step"] == 5)]["x"].mean()
    assert ax.lines[0].get_ydata()[1] == pytest.approx(expected)
    assert figures.step_curves(table, "x", units=None).lines


def test_trade_off_draws_points_in_their_order_and_the_anchors(ax):
    table = pd.DataFrame(
        {"reconstruction": [0.6, 0.8, 0.7], "editability_deleted": [0.3, 0.2, 0.25], "step": [0, 1, 2]}
    )
    anchors = pd.DataFrame({"anchor": ["image only"], "reconstruction": [0.9], "editability_deleted": [0.1]})
    assert figures.trade_off(table, label="step", anchors=anchors, ax=ax) is ax
    assert ax.lines[0].get_xdata().tolist() == [0.6, 0.8, 0.7] and len(ax.texts) == 3
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["image only"]


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_the_slider_is_self_contained_and_accessible():
    frames = [draw(i) for i in range(3)]
    text = figures.step_slider_html(frames, ["0 steps", "<b>", "9 steps"], 'a "tower"', width=96)
    found = Elements(text).found
    images = [attrs for tag, attrs in found if tag == "img"]
    assert len(images) == 3 and all(attrs["src"].startswith("data:image/png;base64,") for attrs in images)
    assert [attrs["alt"] for attrs in images] == [f'a "tower", {label}' for label in ("0 steps", "<b>", "9 steps")]
    assert ["hidden" in attrs for attrs in images] == [True, True, False]
    (slider,) = [attrs for tag, attrs in found if tag == "input"]
    assert slider["type"] == "range" and slider["max"] == "2" and slider["aria-valuetext"] == "9 steps"
    assert any(tag == "label" and attrs["for"] == slider["id"] for tag, attrs in found)
    assert not any(tag == "b" for tag, _ in found)  # labels are text
    assert not re.search(r"https?://", text) and "\n" not in text
    assert text == figures.step_slider_html(frames, ["0 steps", "<b>", "9 steps"], 'a "tower"', width=96)


@pytest.mark.parametrize("start, first", [(0, 0), (1, 1), (-1, 2)])
def test_both_sliders_start_where_they_are_told(start, first):
    frames, labels = [Image.new("RGB", (8, 8), (40 * i, 0, 0)) for i in range(3)], ["a", "b", "c"]
    found = Elements(figures.step_slider_html(frames, labels, "alt", start=start)).found
    assert [i for i, attrs in enumerate(a for tag, a in found if tag == "img") if "hidden" not in attrs] == [first]
    assert [attrs["value"] for tag, attrs in found if tag == "input"] == [str(first)]
    slider, picture = figures.step_slider(frames, labels, start=start).children
    assert slider.label == labels[first]
    assert Image.open(io.BytesIO(picture.value)).getpixel((0, 0)) == (40 * first, 0, 0)


def test_a_slider_of_matplotlib_figures(ax):
    text = figures.step_slider_html([ax.figure, ax.figure], ["a", "b"], "a curve")
    assert text == figures.step_slider_html([ax.figure, ax.figure], ["a", "b"], "a curve")


def test_a_slider_needs_a_label_a_frame():
    for frames, labels in (([], []), ([draw(0)], ["a", "b"])):
        with pytest.raises(ValueError, match="one label a frame"):
            figures.step_slider_html(frames, labels, "alt")


def test_figures_are_opaque_white():
    figures.use_style()
    assert plt.rcParams["savefig.facecolor"] == "white" and not plt.rcParams["savefig.transparent"]
    plt.rcdefaults()


def test_the_live_slider_shows_the_frame_of_its_label():
    frames = [Image.new("RGB", (8, 8), (40 * i, 0, 0)) for i in range(3)]
    slider, picture = figures.step_slider(frames, [0, 250, 500]).children
    for i, label in enumerate(("0", "250", "500")):
        slider.label = label
        assert Image.open(io.BytesIO(picture.value)).getpixel((0, 0)) == (40 * i, 0, 0)
