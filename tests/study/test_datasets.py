"""Concepts learned from other pictures: same words, other folder, the same bytes."""

import pytest
from PIL import Image

from study.datasets import held_back, places, shuffled, taken, write_concept, write_drawn
from textinv_core.learning.concepts import data_hash, load_concept


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(6):
        Image.new("RGB", (40, 40), (40 * i, 0, 0)).save(folder / f"{'fbdace'[i]}.{('png', 'jpg')[i % 2]}")
    return load_concept(folder, initializer="tower", kind="building")


def test_a_subset_keeps_words_order_and_bytes(photos, tmp_path):
    chosen = [photos.images[4], photos.images[0]]
    made = write_concept(tmp_path / "made" / "photos-2", photos, chosen, photos.images[5:])
    assert made.name == "photos-2"
    for field in ("placeholder", "initializer", "kind", "class_word", "alternatives", "templates"):
        assert getattr(made, field) == getattr(photos, field)
    assert [path.read_bytes() for path in made.images] == [path.read_bytes() for path in chosen]
    assert [path.read_bytes() for path in made.held_out] == [photos.images[5].read_bytes()]


def test_writing_again_changes_nothing_and_fewer_pictures_leave_none_behind(photos, tmp_path):
    home = tmp_path / "made"
    first = write_concept(home, photos, photos.images[:4])
    known, times = data_hash(first), [path.stat().st_mtime_ns for path in first.images]
    assert write_concept(home, photos, photos.images[:4]) == first
    assert [path.stat().st_mtime_ns for path in first.images] == times
    fewer = write_concept(home, photos, photos.images[:1])
    assert len(fewer.images) == 1 and data_hash(fewer) != known


def test_pictures_that_are_no_files_yet_make_the_same_concept_each_time(photos, tmp_path):
    drawn = [Image.new("RGB", (40, 40), (0, 30 * i, 0)) for i in range(3)]
    made = write_drawn(tmp_path / "made" / "photos-in-snow", photos, drawn)
    assert made.name == "photos-in-snow" and made.placeholder == photos.placeholder
    assert [Image.open(path).getpixel((0, 0))[1] for path in made.images] == [0, 30, 60]
    assert data_hash(write_drawn(tmp_path / "made" / "photos-in-snow", photos, drawn)) == data_hash(made)


def test_held_back_never_overlaps_and_leaves_something_to_learn_from(photos):
    for n in range(1, 7):
        some = photos.model_copy(update=dict(images=photos.images[:n]))
        train, rest = held_back(some)
        assert train and not set(train) & set(rest) and train + rest == some.images
        assert bool(rest) == (n > 1)
    own = photos.model_copy(update=dict(held_out=photos.images[:2]))
    assert held_back(own) == (own.images, own.held_out)


def test_places_come_back_unasked_only_from_scenes_that_no_prompt_names():
    scenes = {name: f"in the {name}" for name in ("forest", "city", "snow", "desert", "moon", "lake")}
    asked = {"in the forest", "in the city", "in the snow"}
    for seed in range(20):
        order, one, other = places(scenes, asked, seed)
        assert sorted(order) == sorted(scenes) and one != other
        assert not {scenes[one], scenes[other]} & asked
        assert places(scenes, asked, seed) == (order, one, other)
    assert len({tuple(places(scenes, asked, seed)[0]) for seed in range(20)}) > 5
    assert places(scenes, scenes.values(), 0)[1] in scenes  # all of them asked for: any will do


def test_pictures_are_taken_in_every_scene_in_turn(tmp_path):
    asked = []

    def draw(i, scene):
        asked.append((i, scene))
        return Image.new("RGB", (8, 8))

    paths = taken(tmp_path / "sea", ["sea", "moor"], 3, draw)
    assert asked == [(0, "sea"), (1, "moor"), (2, "sea")]
    assert [path.name for path in paths] == ["000.png", "001.png", "002.png"] and all(path.is_file() for path in paths)


def test_the_same_seed_gives_the_same_order(photos):
    first = shuffled(photos.images, 1)
    assert first == shuffled(photos.images, 1) and sorted(first) == sorted(photos.images)
    assert any(shuffled(photos.images, seed) != first for seed in range(2, 6))
