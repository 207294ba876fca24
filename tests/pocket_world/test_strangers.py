"""The study's concepts as folders: all of them, told apart by origin, and the strangers' drawings are nobody else's."""

import json

import numpy as np
import pytest
import yaml
from PIL import Image
from pocket_world.__main__ import main
from pocket_world.training.tokenizer import world_words
from pocket_world.world import atlas, concepts, folders, stranger_man, strangers, styles, things
from pocket_world.world.names import named_styles
from pocket_world.world.stranger_art import ART

from textinv_core.learning.concepts import load_concept
from textinv_core.paths import CONCEPTS


def test_every_concept_has_a_folder_that_says_where_it_comes_from():
    assert {path.name for path in CONCEPTS.iterdir() if path.is_dir()} == set(concepts.everything())
    counts = {"in the world": len(concepts.IN_WORLD), "known": len(concepts.KNOWN), "stranger": 8}
    loaded = [load_concept(name) for name in concepts.everything()]
    assert {origin: [c.origin for c in loaded].count(origin) for origin in counts} == counts
    for concept in loaded:
        assert (concept.true_name is not None) == (concept.origin == "known"), concept.name
        assert len(concept.images) == folders.TRAINING and len(concept.held_out) == folders.HELD_OUT
        assert bool(concept.probes) == (concept.kind == "person")
        assert all(len(rung) >= 10 for rung in concept.probes.values())


@pytest.mark.parametrize("name", concepts.everything())
def test_what_a_folder_says_is_in_the_words_of_the_world(name):
    words, facts = set(world_words()), folders.facts(name)
    assert yaml.safe_load((CONCEPTS / name / "concept.yml").read_text(encoding="utf-8")) == facts
    starts = {facts["initializer"], *facts["class_word"].split(), *facts["alternatives"]}
    assert starts <= words and len(facts["alternatives"]) >= 1 and facts["initializer"] not in facts["alternatives"]
    said = facts["description"].split()
    assert len(said) <= 20 and set(said) - {"and", "with", "an"} <= words


@pytest.mark.parametrize("name", ["violet_cloud", "known_style", "elder_tree", "ember_style", "jolly_man"])
def test_folders_hold_what_the_code_draws(name, tmp_path):
    folders.write(name, tmp_path)
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.png"))
    assert written == sorted(path.relative_to(CONCEPTS) for path in (CONCEPTS / name).rglob("*.png"))
    for path in written:
        own, committed = np.asarray(Image.open(tmp_path / path)), np.asarray(Image.open(CONCEPTS / path))
        assert own.shape == (256, 256, 3) and np.array_equal(own, committed), path


def test_the_command_writes_everybody_in_place_of_what_was_there(tmp_path, monkeypatch):
    monkeypatch.setattr(concepts, "everything", lambda: ("known_car", "bubble_car"))
    (tmp_path / "known_car" / "images").mkdir(parents=True)
    (tmp_path / "known_car" / "images" / "old.png").write_bytes(b"old")
    main(["concepts", str(tmp_path)])
    assert {path.name for path in tmp_path.iterdir()} == {"known_car", "bubble_car"}
    assert load_concept(tmp_path / "bubble_car").origin == "stranger"
    assert not (tmp_path / "known_car" / "images" / "old.png").exists()


def test_those_that_ways_to_learn_are_tried_on_are_like_concepts_and_are_none(tmp_path):
    folders.write("fresh_car_0", tmp_path)
    concept = load_concept(tmp_path / "fresh_car_0")
    assert concept.initializer == "car" and concept.origin == "in the world" and len(concept.images) == folders.TRAINING
    assert not set(concepts.FRESH) & {*concepts.everything(), *concepts.members()}


def test_a_stranger_is_in_the_place_and_style_that_are_asked_for():
    def drawn(name="bubble_car", **how):
        image, truth = strangers.draw(name, np.random.default_rng(0), size=64, **how)
        assert image.shape == (64, 64, 3) and image.dtype == np.uint8 and truth["concept"] == name
        return image.astype(int)

    assert np.array_equal(drawn(scene="moon"), drawn(scene="moon"))
    assert np.abs(drawn(scene="moon") - drawn(scene="beach")).mean() > 20
    noir = named_styles()["noir"]
    assert np.array_equal(drawn(scene="moon", style=noir), styles.apply(noir, np.uint8(drawn(scene="moon"))))
    poses = [drawn("jolly_man", pose=pose) for pose in stranger_man.POSES]
    assert all((np.abs(a - b).max(-1) > 24).mean() > 0.005 for i, a in enumerate(poses) for b in poses[:i])
    lake = drawn("ember_style", scene="lake", subject="")
    dog = drawn("ember_style", scene="lake", subject="dog")
    assert np.abs(lake - dog).mean() > 3 and lake.min(-1).mean() < lake.max(-1).mean() - 20  # gold is no grey


def test_no_thing_and_no_member_is_close_to_a_stranger():
    """The nearest of all things, and of many members, is far from each stranger's drawing (mean RGBA difference)."""

    def small(image):
        return np.asarray(image.resize((24, 24), Image.Resampling.BOX), float)

    from pocket_world.world.picture import drawn

    rng = np.random.default_rng(0)
    known = [small(sheet) for word in things.THINGS for sheet in things.drawings(word)]
    for name in ART:
        family = concepts.family_of(name)
        known += [small(drawn(family.random_member(rng))) for _ in range(60)]
    for name in ART:
        assert min(np.abs(small(strangers.sheet(name)) - other).mean() for other in known) > 14, name


def test_the_looks_of_the_man_differ_where_it_is_said():
    looks = [stranger_man.JOLLY, stranger_man.LOOK_ALIKE, stranger_man.OTHER]
    assert all(set(look) == set(looks[0]) for look in looks)
    sheets = [np.asarray(stranger_man.sheet(look), int) for look in looks]
    assert 0 < np.abs(sheets[0] - sheets[1]).mean() < np.abs(sheets[0] - sheets[2]).mean()


def test_the_atlas_is_rendered_from_icon_sets(tmp_path):
    """Of two sets, one of which calls a thing by another name and lacks the others."""
    square = {"body": '<path d="M0 0h10v10H0z" fill="#f00"/>', "width": 10, "height": 10}
    sets = {"noto": {"icons": dict.fromkeys(things.ICONS.values(), square)},
            "twemoji": {"icons": {"cap": square}, "aliases": {"cat": {"parent": "cap"}}}}
    for name, icons in sets.items():
        (tmp_path / atlas.SETS[name]).mkdir(parents=True)
        (tmp_path / atlas.SETS[name] / "icons.json").write_text(json.dumps(icons))
    atlas.build_atlas(tmp_path, tmp_path)
    said = json.loads((tmp_path / "atlas.json").read_text())["sprites"]
    assert said == [[word, name] for word in things.THINGS for name in sets if name == "noto" or word == "cat"]
    sheet = np.asarray(Image.open(tmp_path / "atlas.png"))
    assert (sheet[: atlas.CELL] == (255, 0, 0, 255)).all()


def test_the_committed_atlas_draws_every_thing():
    known = json.loads((things.HERE / "atlas.json").read_text())
    assert known["cell"] == atlas.CELL and {word for word, _ in known["sprites"]} == set(things.THINGS)
    assert all(np.asarray(sheet)[..., 3].any() for word in things.THINGS for sheet in things.drawings(word))
