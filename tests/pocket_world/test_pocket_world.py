"""The drawn world: equal draws are equal pictures, captions tell the truth, the study's concepts stay out of it."""

import numpy as np
import pytest
from PIL import Image
from pocket_world import captions, people, scenes, sprites, study_concepts, world

from textinv_core.paths import CONCEPTS

SAMPLES = 400


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(2)
    return [world.sample(rng) for _ in range(SAMPLES)]


def test_equal_generators_draw_equal_pictures(drawn):
    rng = np.random.default_rng(2)
    for one in drawn[:20]:
        again = world.sample(rng)
        assert np.array_equal(one.image, again.image)
        assert (one.caption, one.attributes) == (again.caption, again.attributes)


def test_pictures_and_captions_have_their_shape(drawn):
    for one in drawn:
        assert one.image.shape == (64, 64, 3) and one.image.dtype == np.uint8
        assert len(one.caption.split()) <= captions.MAX_WORDS


def test_captions_say_what_is_in_the_picture(drawn):
    for one in drawn:
        truth, words = one.attributes, one.caption.split()
        for name in ("subject", "second"):
            if truth[name]:
                assert truth[name] in words or captions.plural(truth[name]) in words
        if truth["subject"] and truth["scene"]:
            assert scenes.SCENES[truth["scene"]] in one.caption
        if truth["style"]:
            assert f"in the style of {truth['style']}" in one.caption
        if truth["colour"]:
            assert f"{truth['colour']} {truth['subject']}" in one.caption


def test_every_word_and_every_attribute_occurs():
    rng = np.random.default_rng(5)
    seen = [world.sample(rng).attributes for _ in range(6000)]
    assert {a["subject"] for a in seen} >= {*world.SUBJECTS, *world.PEOPLE}
    assert {a["scene"] for a in seen} >= set(world.SCENES)
    assert {a["style"] for a in seen} >= set(world.STYLES)
    for name, values in world.PERSON_ATTRIBUTES.items():
        assert {a["person"][name] for a in seen if a["person"]} == set(values)


def test_scene_and_subject_change_the_picture():
    rng = np.random.default_rng(0)
    beach, forest = (np.asarray(world.random_backdrop(rng, name, 64), int) for name in ("beach", "forest"))
    assert np.abs(beach - forest).mean() > 20
    canvas = world.random_backdrop(np.random.default_rng(1), None, 64)
    before = np.asarray(canvas).copy()
    world.put_thing(canvas, rng, "apple")
    assert (np.asarray(canvas) != before).any(-1).mean() > 0.1


def test_poses_differ():
    look = study_concepts.JOLLY
    drawings = {pose: np.asarray(people.draw_person("man", look | {"pose": pose}, 0)) for pose in people.POSES}
    poses = list(drawings)
    for i, a in enumerate(poses):
        for b in poses[i + 1 :]:
            assert (drawings[a] != drawings[b]).any(-1).mean() > 0.01, (a, b)


def test_world_never_shows_a_concept():
    """None of the concepts' drawings, looks or styles can be drawn by the world."""
    assert set(study_concepts.ART).isdisjoint(sprites.SUBJECTS)
    vocabulary = " ".join((*world.SUBJECTS, *world.SCENES, *world.STYLES))
    for name in ("figurine", "hall", "elder", "ember", "jolly", "plum", "bubble", "comet"):
        assert name not in vocabulary
    values = {k: set(v) for k, v in world.PERSON_ATTRIBUTES.items()}
    assert study_concepts.JOLLY["hair_style"] not in values["hair_style"]
    assert study_concepts.JOLLY["expression"] not in values["expression"]
    assert "ember" not in world.STYLES


def test_no_drawing_of_the_atlas_is_close_to_a_concept():
    """The nearest of all sprites, in every colour, is far from each concept's drawing (mean RGBA difference)."""

    def small(image):
        return np.asarray(image.resize((24, 24), Image.Resampling.BOX), float)

    everything = [
        small(sprites.sprite(word, drawing, colour))
        for word, drawing in sprites.atlas()
        for colour in (None, *(sprites.COLOURS if word in sprites.PAINTABLE else ()))
    ]
    for name in study_concepts.ART:
        own = small(study_concepts.figure(name)) if pytest.importorskip("resvg_py") else None
        assert min(np.abs(own - other).mean() for other in everything) > 20, name


def test_concept_folders_are_what_the_code_draws(tmp_path):
    pytest.importorskip("resvg_py")
    study_concepts.write_all(tmp_path)
    for path in sorted(tmp_path.rglob("*.png")):
        committed = CONCEPTS / path.relative_to(tmp_path)
        assert np.array_equal(np.asarray(Image.open(path)), np.asarray(Image.open(committed))), path.name
    assert len(list(tmp_path.glob("*/concept.yml"))) == 8


def test_concept_pictures_show_the_asked_scene():
    pytest.importorskip("resvg_py")
    image, truth = study_concepts.draw("elder_tree", np.random.default_rng(0), scene="beach")
    assert image.shape == (256, 256, 3) and truth["scene"] == "beach"


def test_a_thousand_pictures_take_seconds():
    """Well above the rate that a trainer uses them at; a loose bound, not a benchmark."""
    import time

    rng, start = np.random.default_rng(0), time.perf_counter()
    for _ in range(200):
        world.sample(rng)
    assert time.perf_counter() - start < 20
