"""One word's pictures: which are right, which are shown, and what is said of them."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from study.analysis.first_word import looked_at, noise_of, right, sayings, told
from study.analysis.first_word_figures import word_frames

PLAIN, SNOW = "a photo of {}", "a photo of {} in the snow"


def seen(*rows):
    """prompt, noise, whether the concept and whether both are seen."""
    return pd.DataFrame(rows, columns=["prompt", "seed", "concept_seen", "both_seen"])


TABLE = seen((PLAIN, 0, 0, np.nan), (PLAIN, 1, 1, np.nan), (SNOW, 0, 1, 0), (SNOW, 1, 1, 0))


def test_a_plain_sentence_asks_for_the_concept_and_another_for_both():
    assert right(TABLE, PLAIN).tolist() == [0, 1, 0, 0]


def test_the_first_right_noise_is_shown_and_the_first_of_all_where_none_is():
    assert noise_of(TABLE, PLAIN) == {PLAIN: 1, SNOW: 0}
    assert noise_of(TABLE.assign(concept_seen=np.nan, both_seen=np.nan), PLAIN) == {PLAIN: 0, SNOW: 0}


def test_the_answer_gives_the_share_of_all_pictures_or_none_where_nobody_can_tell():
    how = dict(model="the pocket model", word="<x>", steps=7, images=5)
    assert "25 %" in told(TABLE, PLAIN, **how)["verdict_short"]
    blind = told(TABLE.assign(concept_seen=np.nan, both_seen=np.nan), PLAIN, **how)
    assert "%" not in blind["verdict_short"] and "No oracle" in blind["judged"]
    assert (blind["n_drawn"], blind["n_noises"], blind["n_images"]) == ("4", "2", "5")


@pytest.mark.parametrize("steps", [1, 4, 25, 500, 5000])
def test_the_slider_ends_with_the_last_step_and_has_few(steps):
    marks = looked_at(steps)
    assert marks[-1] == steps and marks == sorted(set(marks)) and len(marks) <= 7


def test_a_sentence_is_called_by_what_it_says_beside_the_word():
    assert sayings([PLAIN, SNOW], {SNOW: "in the snow"}, "<x>") == {PLAIN: "a photo of <x>", SNOW: "in the snow"}


def test_there_is_a_frame_a_step_with_every_sentence_named_in_it():
    picture = Image.new("RGB", (64, 64))
    said = {f"sentence {i}": picture for i in range(6)}
    frames = word_frames([picture] * 5, {0: said, 25: said}, "<x>")
    assert len(frames) == 2
    above, *below = frames[0].axes
    assert "5 pictures" in above.get_xlabel() and "<x>" in above.get_xlabel()
    assert [label.get_text() for ax in below for label in ax.get_xticklabels()] == list(said)
