"""The widgets, driven as a hand would: what is recorded is offered, what is chosen is drawn, mistakes are said."""

import io

import pandas as pd
import pytest
from conftest import draw
from PIL import Image

from study.earlier_pages import recorded_words, word_at
from study.widgets import Chooser, PromptBox
from textinv_core.drawing.store import Store
from textinv_core.learning.arms import Arm
from textinv_core.learning.tokens import Embedding

RATE = 0.01


@pytest.fixture(scope="module")
def words(model_folder, concept_folder, tmp_path_factory):
    """Two seeds without KL for four steps, one with it for two, and words that differ in something else."""
    from textinv_core.learning.concepts import load_concept
    from textinv_core.learning.models import load_pipeline

    pipe, concept = load_pipeline(model_folder, device="cpu"), load_concept(concept_folder)
    store = Store(*(tmp_path_factory.mktemp("live") / name for name in ("runs", "pictures")))
    how = dict(checkpoint_every=2, batch_size=1, progress=False)
    store.learn(pipe, [Arm(concept, seed=s, learning_rate=RATE) for s in (3, 4)], steps=4, **how)
    store.learn(pipe, [Arm(concept, seed=3, learning_rate=RATE, kl_weight=0.5)], steps=2, **how)
    store.learn(pipe, [Arm(concept, seed=3, learning_rate=RATE)], steps=2, **how | dict(batch_size=2))
    others = [dict(seed=9, initializer="castle"), dict(seed=9, l2_weight=1.0), dict(seed=9, learning_rate=0.02)]
    store.learn(pipe, [Arm(concept, **dict(learning_rate=RATE) | other) for other in others], steps=2, **how)
    return recorded_words(store, pipe, [concept], RATE), store, pipe, concept


def test_words_that_differ_in_nothing_else_are_offered(words):
    table, *_ = words
    found = {key: list(rows["step"]) for key, rows in table.groupby(["seed", "weight"])}
    assert found == {(3, 0.0): [0, 2, 4], (3, 0.5): [0, 2], (4, 0.0): [0, 2, 4]}


def test_a_word_is_the_one_its_run_holds(words):
    table, store, pipe, concept = words
    arm = Arm(concept, seed=4, learning_rate=RATE)
    kept = store.learn(pipe, [arm], steps=4, checkpoint_every=2, batch_size=1, progress=False).at(2)[0]
    found = word_at(table, concept.name, 4, 0.0, 2)
    assert found.arm == arm.id and (found.rows == kept.rows).all()
    with pytest.raises(ValueError, match="no word of red_tower is recorded for seed 4, KL weight 0.5, step 2"):
        word_at(table, concept.name, 4, 0.5, 2)


def test_another_model_or_other_pictures_have_no_words(words, tmp_path):
    _, store, pipe, concept = words
    other = concept.model_copy(update=dict(images=concept.images[:1]))
    assert (
        recorded_words(store, pipe, [other], RATE).empty
        and recorded_words(Store(tmp_path, tmp_path), pipe, [concept], RATE).empty
    )
    with pytest.raises(ValueError, match="expected one or more"):
        Chooser(recorded_words(store, pipe, [other], RATE), {}, lambda *_: [])


@pytest.fixture
def chooser(words):
    table, *_, concept = words
    asked = []

    def drawing(word: Embedding, prompt: str):
        asked.append((word.arm, word.step, prompt))
        if prompt == "bad":
            raise ValueError("prompt <bad>: no")
        return [draw(len(asked)), draw(7)]

    return Chooser(table, {concept.name: ["a photo of {}", "{} at night", "bad"]}, drawing), asked


def opened(picture):
    return Image.open(io.BytesIO(picture.value))


def test_a_picture_is_there_before_anything_is_touched(chooser):
    box, asked = chooser
    assert len(asked) == 1 and opened(box.picture).size == (2 * 160 + 4, 160)
    assert box.step.value == 4 and "“a photo of &lt;red-tower&gt;”" in box.said.value


def test_every_control_changes_what_is_drawn_once(chooser):
    box, asked = chooser
    shown = [box.picture.value]
    for control, value in ((box.step, 2), (box.seed, 4), (box.seed, 3), (box.weight, 0.5), (box.prompt, "{} at night")):
        control.value = value
        shown.append(box.picture.value)
    assert len(asked) == 6 and len(set(shown)) == 6 and asked[-1][1:] == (2, "{} at night")


def test_other_controls_go_to_the_nearest_that_is_recorded(chooser):
    box, asked = chooser
    box.weight.value = 0.5  # recorded for two steps only
    assert box.step.value == 2 and [value for _, value in box.step.options] == [0, 2]
    box.seed.value = 4  # and for one seed only
    assert box.weight.value == 0.0 and [value for _, value in box.step.options] == [0, 2, 4] and len(asked) == 3


def test_a_mistake_is_said_and_the_next_choice_works(chooser):
    box, asked = chooser
    box.prompt.value = "bad"
    assert "prompt &lt;bad&gt;: no" in box.said.value
    box.prompt.value = "a photo of {}"
    assert "a photo of" in box.said.value and len(asked) == 3


@pytest.fixture
def prompt_box():
    bars = []

    def drawing(prompt, noises):
        if prompt.startswith("bad"):
            raise ValueError("prompt '<bad>': no")
        bars.append(list(noises))
        return pd.DataFrame(dict(prompt=prompt, seed=s, image=draw(s % 7)) for s in noises)

    def order(table):
        return table.assign(rank=range(len(table), 0, -1), score=0.5, by="likeness").sort_values("rank")

    return PromptBox(drawing, order, prompt="a photo of {} at night", pictures=5, noise=10, across=3), bars


def test_a_batch_is_drawn_bit_by_bit_and_shown_best_first(prompt_box):
    box, bars = prompt_box
    box.button.click()
    assert bars == [[10, 11], [12, 13], [14]] and box.bar.value == box.bar.max == 5 and not box.button.disabled
    tiles = [tile for line in box.shelf.children for tile in line.children]
    assert [len(line.children) for line in box.shelf.children] == [3, 2]
    assert [tile.children[1].value for tile in tiles] == [f"{i}: 0.50" for i in range(1, 6)]
    best = opened(tiles[0].children[0]).convert("RGB").resize((48, 48))
    assert best.getpixel((2, 2)) == draw(14 % 7).getpixel((2, 2)) and "likeness" in box.said.value


@pytest.mark.parametrize("text", ["no placeholder", "{} and {}", "bad {}"])
def test_a_wrong_prompt_is_said(prompt_box, text):
    box, bars = prompt_box
    box.prompt.value = text
    box.button.click()
    assert not bars and not box.shelf.children and not box.button.disabled
    assert ("&lt;bad&gt;" if text.startswith("bad") else "Write {} once") in box.said.value
