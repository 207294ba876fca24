"""Own pictures: copies are found and other photos are not; what is wrong is said; a batch has an order."""

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import draw
from PIL import Image, ImageOps

from study.photos import advice, best_first, look_over, own_nulls, phrase_of
from textinv_core.drawing.generation import generate
from textinv_core.drawing.store import Store
from textinv_core.evaluation.nulls import Nulls
from textinv_core.learning.concepts import load_concept, load_images
from textinv_core.learning.tokens import Embedding, initial_rows
from textinv_core.paths import CONCEPTS

HOW = dict(guidance_scale=2.0, num_inference_steps=1)


def folder_of(tmp_path, *images):
    folder = tmp_path / "mine"
    folder.mkdir(exist_ok=True)
    for i, image in enumerate(images):
        image.save(folder / f"{i}.png")
    return folder


def test_a_copy_is_found_small_or_mirrored(tmp_path):
    (picture,) = load_images(load_concept("nova_hall").images[:1], 128)
    folder = folder_of(tmp_path, picture, ImageOps.mirror(picture), draw(5, (128, 128)))
    picture.resize((100, 100)).save(folder / "z.jpg", quality=40)
    table = look_over(load_concept(folder), 64)
    assert list(table["twin"]) == ["", "0.png", "", "0.png"]
    said = advice(table, load_concept(folder), 64)
    assert len(said) == 2 and "1.png is nearly the same as 0.png" in said[0]


@pytest.mark.parametrize("name", sorted(path.name for path in CONCEPTS.glob("*/")))
def test_the_studys_own_pictures_need_no_advice(name):
    concept = load_concept(name)
    assert advice(look_over(concept, 64), concept, 64) == []


def test_few_small_and_unread_pictures_are_said(tmp_path):
    folder = folder_of(tmp_path, draw(1, (40, 30)))
    (folder / "IMG_1.HEIC").write_bytes(b"")
    concept = load_concept(folder)
    few, small, unread = advice(look_over(concept, 32), concept, 32)
    assert few.startswith("1 picture: take 2 to 25") and "40x30" in small and "IMG_1.HEIC" in unread


def test_every_unreadable_picture_is_named_in_one_line(tmp_path):
    folder = folder_of(tmp_path, draw(1))
    for name in ("a.jpg", "b.png"):
        (folder / name).write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"2 of 3 pictures cannot be used: .*a\.jpg.*b\.png") as error:
        look_over(load_concept(folder), 32)
    assert "\n" not in str(error.value)


def test_a_phrase_is_what_the_prompt_says_beside_the_concept(concept):
    assert phrase_of("a photo of {} on the beach", concept) == "on the beach"
    assert phrase_of("a photo of {}", concept) == ""
    assert phrase_of("a photo of {} eating a peach", concept) == "eating a peach"
    assert phrase_of("{} dancing at night", concept) == "dancing at night"


@pytest.fixture
def batch(pipe):
    return generate(
        pipe, Embedding("<red-tower>", initial_rows(pipe, "tower"), "a"), ["a photo of {} at night"], range(4), **HOW
    )


@pytest.mark.parametrize(
    ("prompt", "by"), [("a photo of {} at night", "sum of the cosines"), ("a photo of {}", "likeness")]
)
def test_without_nulls_cosines_rank(batch, concept, judge, prompt, by):
    table = best_first(batch.assign(prompt=prompt), concept, judge)
    assert set(table["by"]) == {by} and list(table["rank"]) == sorted(table["rank"])
    assert list(table["score"]) == sorted(table["score"], reverse=True)
    assert sorted(table["seed"]) == [0, 1, 2, 3] and all(batch["image"][i] is table["image"][i] for i in table.index)


def test_likeness_puts_the_concepts_own_picture_first(concept, judge):
    own = load_images(concept.images[:1], 32)
    noise = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    images = [Image.fromarray(noise), *own]
    table = pd.DataFrame(dict(arm="a", step=0, prompt="a photo of {}", seed=range(2), image=images))
    assert best_first(table, concept, judge).index[0] == 1


def test_with_nulls_accord_ranks_where_it_is_defined(batch, concept, judge):
    random = torch.nn.functional.normalize(torch.randn(404, 16, generator=torch.Generator().manual_seed(0)), dim=-1)
    prompts = ("a photo of {} at night",) * 4 + ("a photo of {} on the beach",) * 400
    assert set(best_first(batch, concept, judge, Nulls(random, prompts, {}))["by"]) == {"accord"}
    other = batch.assign(prompt="{} dancing")
    assert set(best_first(other, concept, judge, Nulls(random, prompts, {}))["by"]) == {"mean z"}


def test_too_few_pictures_give_no_nulls_and_draw_none(pipe, concept, judge, tmp_path):
    store = Store(tmp_path / "runs", tmp_path / "pictures")
    assert own_nulls(store, pipe, concept, judge, [], 199, **HOW) is None and not list(tmp_path.iterdir())


@pytest.mark.slow
def test_nulls_are_drawn_once(pipe, concept, judge, tmp_path):
    store = Store(tmp_path / "runs", tmp_path / "pictures")
    made = own_nulls(store, pipe, concept, judge, ["{} dancing"], 200, **HOW)
    assert made.prompts.count("{} dancing") >= 2 and len(list(tmp_path.glob("nulls/*.safetensors"))) == 1
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    again = own_nulls(store, pipe, concept, judge, ["{} dancing"], 200, **HOW)
    assert torch.equal(made.pictures, again.pictures)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
