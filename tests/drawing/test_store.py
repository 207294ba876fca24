"""The store: learned once, drawn once, found again whoever asks; what differs is another thing."""

import pytest
import torch

from textinv_core.drawing.generation import generate
from textinv_core.drawing.store import Store, open_store
from textinv_core.learning.arms import Arm
from textinv_core.learning.precision import shortened

HOW = dict(guidance_scale=2.0, num_inference_steps=2)
PROMPTS = ["a photo of {}", "a photo of {} in the forest"]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs", tmp_path / "pictures")


def learn(store, pipe, arms, **more):
    return store.learn(pipe, arms, **dict(steps=4, checkpoint_every=2, batch_size=2, progress=False) | more)


def folders(store):
    return sorted(path.name for path in store.runs.iterdir())


def test_an_arm_is_learned_once_whoever_asks(store, pipe, concept):
    first = learn(store, pipe, [Arm(concept, seed=0), Arm(concept, seed=1)])
    kept = folders(store)
    again = learn(store, pipe, [Arm(concept, seed=1)], steps=2)
    assert folders(store) == kept and again.steps == (0, 2)
    assert torch.equal(again.at(2)[0].rows, first.at(2)[1].rows)
    assert set(again.log["step"]) == {0, 2} and set(again.log["seed"]) == {1}


def test_named_checkpoints_are_found_among_those_of_a_longer_run(store, pipe, concept):
    first = learn(store, pipe, [Arm(concept)], checkpoint_every=[1, 3])
    assert first.steps == (0, 1, 3, 4)
    assert learn(store, pipe, [Arm(concept)], steps=3, checkpoint_every=[1]).steps == (0, 1, 3)
    assert len(folders(store)) == 1


def test_only_what_is_missing_is_trained_and_the_order_is_the_asked_one(store, pipe, concept):
    old = learn(store, pipe, [Arm(concept, seed=1)])
    both = learn(store, pipe, [Arm(concept, seed=0), Arm(concept, seed=1)])
    assert len(folders(store)) == 2
    assert [e.arm for e in both.at()] == [Arm(concept, seed=0).id, Arm(concept, seed=1).id] == list(both.table["arm"])
    assert torch.equal(both.at()[1].rows, old.at()[0].rows)
    assert list(both.log["arm"]) == [both.ids[0]] * 3 + [both.ids[1]] * 3


def test_an_arm_that_two_runs_hold_is_counted_once(store, pipe, concept):
    learn(store, pipe, [Arm(concept, seed=0)], steps=2)
    learn(store, pipe, [Arm(concept, seed=0), Arm(concept, seed=1)], steps=6)  # further than the first: both anew
    words = learn(store, pipe, [Arm(concept, seed=0), Arm(concept, seed=1)], steps=2)
    assert len(set(words.homes.values())) == 2
    assert list(words.table["arm"]) == list(words.ids)
    assert list(words.log["arm"]) == [words.ids[0]] * 2 + [words.ids[1]] * 2


@pytest.mark.parametrize("change", [dict(batch_size=1), dict(flip=False), dict(templates=["a {}"]), dict(steps=6)])
def test_what_was_learned_otherwise_is_not_taken(store, pipe, concept, change):
    learn(store, pipe, [Arm(concept)])
    learn(store, pipe, [Arm(concept)], **change)
    assert len(folders(store)) == 2


def test_a_run_that_was_cut_short_goes_on_where_it_stopped(store, pipe, concept, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    whole = learn(Store(store.runs.with_name("whole"), store.pictures), pipe, [Arm(concept)]).at()
    monkeypatch.setattr("textinv_core.learning.steps.adam_step", full)
    with pytest.raises(OSError, match="No space"):
        learn(store, pipe, [Arm(concept)])
    monkeypatch.undo()
    assert torch.equal(learn(store, pipe, [Arm(concept)]).at()[0].rows, whole[0].rows) and len(folders(store)) == 1


def test_pictures_are_those_of_generate_and_are_drawn_once(store, pipe, concept, monkeypatch):
    words = learn(store, pipe, [Arm(concept)]).at()
    asked = (pipe, [None, *words], PROMPTS, [0, 1])
    drawn = store.draw(*asked, word="a tower", **HOW)
    plain = generate(*asked, word="a tower", **HOW)
    columns = ["arm", "step", "prompt", "text", "seed"]
    assert drawn[columns].equals(plain[columns])
    assert all(a.tobytes() == b.tobytes() for a, b in zip(drawn["image"], plain["image"], strict=True))

    more = store.draw(pipe, words, PROMPTS, [0, 1, 2], **HOW)
    assert len(more) == 6 and more["image"][0].tobytes() == drawn["image"][4].tobytes()
    monkeypatch.setattr("textinv_core.drawing.store.generate", None)  # nothing left to draw
    assert len(store.draw(pipe, words, PROMPTS, [2, 0], **HOW)) == 4
    with pytest.raises(TypeError):
        store.draw(pipe, words, PROMPTS, [0], **HOW | dict(guidance_scale=3.0))


@pytest.mark.parametrize(("side", "at_once"), [(64, 64), (512, 16)])
def test_small_pictures_are_drawn_more_at_once(store, pipe, monkeypatch, side, at_once):
    asked = []
    monkeypatch.setattr("textinv_core.drawing.store.resolution", lambda _pipe: side)
    monkeypatch.setattr(
        "textinv_core.drawing.store.generate",
        lambda *given, **how: asked.append(how["batch_size"]) or generate(*given, **how),
    )
    store.draw(pipe, None, ["a tower"], [0], **HOW)
    store.draw(pipe, None, ["a tower"], [1], **HOW, batch_size=3)
    assert asked == [at_once, 3]


def test_a_shortened_model_is_made_once_and_anew_for_other_weights(store, pipe, monkeypatch):
    short, made = HOW | dict(dtype=torch.bfloat16), []
    monkeypatch.setattr("textinv_core.drawing.store.shortened", lambda *given: made.append(given) or shortened(*given))
    asked, bias = (pipe, None, ["a tree"]), pipe.unet.conv_out.bias
    first = [store.draw(*asked, [seed], **short)["image"][0] for seed in (0, 1)]
    kept = bias.clone()
    bias.add_(0.5)
    try:
        other = store.draw(*asked, [0], **short)["image"][0]
        assert other.tobytes() == generate(*asked, [0], **short)["image"][0].tobytes() != first[0].tobytes()
    finally:
        bias.copy_(kept)
    assert len(made) == 2  # once for each of the weights
    assert store.draw(*asked, [1], **short)["image"][0].tobytes() == first[1].tobytes()
    assert len(made) == 2  # nothing to draw, none to make


def test_a_torn_picture_is_drawn_again(store, pipe):
    first = store.draw(pipe, None, ["a tree"], [0], **HOW)
    (path,) = store.pictures.rglob("*.png")
    path.write_bytes(path.read_bytes()[:40])
    assert store.draw(pipe, None, ["a tree"], [0], **HOW)["image"][0].tobytes() == first["image"][0].tobytes()


def test_a_profile_has_its_store():
    store = open_store("quick")
    assert store.runs.parts[-3:] == ("results", "quick", "runs")
    assert store.pictures.parts[-3:] == ("build", "quick", "pictures")
