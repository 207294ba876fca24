"""The first edition's concepts: strangers to its world, and folders that hold what the code draws."""

import numpy as np
import pytest
from PIL import Image
from pocket_world.first import sprites, study_concepts, world

from textinv_core.paths import CONCEPTS


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
