"""Looking around: which words the printed page shows, what it says of them, and a frame a step."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from PIL import Image

from study.analysis import explore as analysis
from study.analysis import explore_figures as figures


def words(weights, concept="oak", steps=(0, 10, 20), seeds=(3,)):
    """A row a word and checkpoint, as the records give them."""
    return pd.DataFrame(
        dict(concept=concept, seed=seed, weight=weight, step=step, arm=f"{concept}{seed}{weight}")
        for seed in seeds
        for weight in weights
        for step in steps
    )


def test_the_concept_with_the_most_weights_is_shown_unless_one_is_asked_for():
    table = pd.concat([words([0.0, 0.1]), words([0.0], "elm", seeds=(1, 2))], ignore_index=True)
    assert analysis.choice(table)[:3] == ("oak", 3, [0.0, 0.1])
    assert analysis.choice(table, "elm")[:3] == ("elm", 1, [0.0])
    with pytest.raises(ValueError, match="no word of 'fir' is on record, only of oak, elm"):
        analysis.choice(table, "fir")


def test_steps_are_those_that_all_weights_shown_have():
    table = pd.concat([words([0.0]), words([0.1], steps=(0, 20, 40))], ignore_index=True)
    assert analysis.choice(table).steps == [0, 20]


def test_of_many_weights_and_steps_the_first_and_the_last_are_among_the_few():
    many = words([0.0, 0.1, 0.2, 0.3, 0.4], steps=range(0, 100, 10))
    chosen = analysis.choice(many, weights=2, steps=3)
    assert chosen.weights == [0.0, 0.4] and len(chosen.steps) == 3 and (chosen.steps[0], chosen.steps[-1]) == (0, 90)


def test_every_word_chosen_is_drawn_once_step_by_step():
    chosen = analysis.choice(words([0.0, 0.1], steps=(0, 10)))
    cells = analysis.pictures(chosen, lambda weight, step: pd.DataFrame(dict(image=[f"{weight} at {step}"])))
    assert list(cells["image"]) == ["0.0 at 0", "0.1 at 0", "0.0 at 10", "0.1 at 10"]
    assert list(cells["step"]) == [0, 0, 10, 10] and list(cells["weight"]) == [0.0, 0.1, 0.0, 0.1]


def test_what_is_told_of_the_records():
    table = words([0.0, 0.1])
    said = analysis.told("it", table, analysis.choice(table), "an oak", False, 0.01, 0)
    assert said["verdict_short"].startswith("On it, 2 learned words of 1 concept") and "0.01" in said["source_said"]
    assert "null_pictures" in said["ranked_said"] and (said["shown"], said["seed"]) == ("an oak", "3")
    said = analysis.told("it", table, analysis.choice(table), "an oak", True, 0.01, 200)
    assert "short run" in said["source_said"] and "beside 200 pictures" in said["ranked_said"]
    listed = analysis.on_record(table, {"oak": "an oak"}).data
    assert listed.loc["an oak", "KL weights"] == "0, 0.1" and listed.loc["an oak", "checkpoints"] == 6


def test_a_frame_a_step_with_the_weights_downwards():
    cells = words([0.0, 0.25]).assign(image=Image.new("RGB", (8, 8)), prompt="plain")
    made = figures.frames(cells, {"plain": "nothing else"}, 8)
    assert len(made) == 3 and not plt.get_fignums()  # closed: the page shows them under a slider
    (ax,) = made[0].axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["λ = 0", "λ = 0.25"]
    assert ax.get_xticklabels()[0].get_text() == "nothing else"
