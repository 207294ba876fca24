"""Concept folders, good and bad; pictures of every make."""

from pathlib import Path

import numpy as np
import pytest
from conftest import draw
from PIL import Image

from textinv_core.learning.concepts import (
    class_phrase,
    context_prompts,
    data_hash,
    load_concept,
    load_images,
    plain_prompt,
    training_templates,
)


def test_a_concept_folder(concept):
    assert (concept.name, concept.placeholder, concept.initializer) == ("red_tower", "<red-tower>", "tower")
    assert concept.alternatives == ("building", "castle") and [path.name for path in concept.images] == [
        "0.png",
        "1.png",
        "2.png",
    ]
    assert len(concept.held_out) == 2 and len(concept.probes["look_alike"]) == 1


def test_parameters_replace_the_file(concept_folder):
    assert load_concept(concept_folder, initializer="castle", kind=None).initializer == "castle"
    with pytest.raises(ValueError, match="colour"):
        load_concept(concept_folder, colour="red")


def test_a_file_may_say_where_its_concept_comes_from(concept_folder, concept):
    assert concept.origin == ""
    with open(concept_folder / "concept.yml", "a") as file:
        file.write("\norigin: in the world\n")
    assert load_concept(concept_folder).origin == "in the world"


def test_any_folder_of_photos(tmp_path):
    folder = tmp_path / "My Dog (2024)"
    folder.mkdir()
    for name in ("B.JPG", "a.webp", "c.png"):
        draw(1).save(folder / name)
    (folder / "notes.txt").write_text("not a picture")
    (folder / ".hidden.png").write_bytes(b"")
    concept = load_concept(folder, initializer="dog")
    assert concept.placeholder == "<my-dog-2024>" and concept.class_word == "dog"
    assert [path.name for path in concept.images] == ["B.JPG", "a.webp", "c.png"]
    assert load_concept(str(folder)).initializer == "object"


def test_a_name_of_the_repositorys_concepts(concept_folder, monkeypatch):
    monkeypatch.setattr("textinv_core.learning.concepts.CONCEPTS", concept_folder.parent)
    assert load_concept("red_tower").name == "red_tower"
    with pytest.raises(ValueError, match="red_tower"):
        load_concept("no-such-concept")


def test_the_hash_is_of_the_pictures_not_of_their_names(concept_folder, concept, tmp_path):
    import shutil

    shutil.copytree(concept_folder, tmp_path / "copy")
    copy = load_concept(tmp_path / "copy")
    assert data_hash(copy) == data_hash(concept)
    draw(9).save(copy.images[0])
    assert data_hash(copy) != data_hash(concept)


@pytest.mark.parametrize(
    ("spec", "named"),
    [
        ("placeholder: deku tree", "placeholder"),
        ("placeholder: tree", "placeholder"),
        ("placeholder: <Tree>", "placeholder"),
        ("placeholder: <a b>", "placeholder"),
        ("templates: [a photo]", "templates"),
        ("templates: ['{} and {}']", "templates"),
        ("initializer: ''", "initializer"),
        ("initializer: [a, b]", "initializer"),
        ("initialiser: tree", "initialiser"),
        ("images: [a.png]", "images"),
        ("- a list", "concept.yml"),
        ("a: [", "concept.yml"),
        ("name: !!python/object/apply:os.system ['true']", "concept.yml"),
        (b"name: \xff\xfe", "concept.yml"),
    ],
)
def test_a_bad_concept_file_is_one_line(tmp_path, spec, named):
    draw(0).save(tmp_path / "0.png")
    (tmp_path / "concept.yml").write_bytes(spec if isinstance(spec, bytes) else spec.encode())
    with pytest.raises(ValueError, match=named) as error:
        load_concept(tmp_path)
    assert "\n" not in str(error.value)


def test_a_folder_without_pictures_is_one_line(tmp_path):
    with pytest.raises(ValueError, match="no pictures"):
        load_concept(tmp_path)
    with pytest.raises(ValueError, match="no such folder"):
        load_concept(tmp_path / "nowhere")


# --- pictures --------------------------------------------------------------------------------------


def test_shorter_side_resized_centre_cropped(tmp_path):
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))
    wide.save(tmp_path / "wide.png")
    (image,) = load_images([tmp_path / "wide.png"], 64)
    assert image.size == (64, 64) and image.mode == "RGB"
    assert (np.asarray(image)[:, 3:-3] == (0, 0, 255)).all()


def test_a_picture_of_the_right_size_is_kept_as_it_is(tmp_path):
    draw(3, (64, 64)).save(tmp_path / "a.png")
    assert np.array_equal(np.asarray(load_images([tmp_path / "a.png"], 64)[0]), np.asarray(draw(3, (64, 64))))


def make(folder: Path) -> dict[str, Path]:
    """Pictures of every make that must load, each red above and green below once upright."""
    base = Image.new("RGB", (64, 64), (220, 0, 0))
    base.paste((0, 150, 0), (0, 32, 64, 64))
    saved = {name: folder / f"{name}.{ending}" for name, ending in (
        ("rgba", "png"), ("palette", "png"), ("cmyk", "jpg"), ("turned", "jpg"), ("grey", "png"), ("grey16", "png"),
    )}  # fmt: skip
    clear = base.convert("RGBA")
    clear.putpixel((0, 0), (0, 0, 0, 0))
    clear.save(saved["rgba"])
    base.convert("P", palette=Image.Palette.ADAPTIVE).save(saved["palette"])
    base.convert("CMYK").save(saved["cmyk"], quality=98)
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    base.rotate(180).save(saved["turned"], exif=exif, quality=98)
    base.convert("L").save(saved["grey"])
    Image.fromarray(np.asarray(base.convert("L")).astype(np.uint16) * 257).save(saved["grey16"])
    return saved


def test_pictures_of_every_make(tmp_path):
    saved = make(tmp_path)
    for name in ("rgba", "palette", "cmyk", "turned"):
        (image,) = load_images([saved[name]], 64)
        assert image.getpixel((32, 8))[0] > 150 > image.getpixel((32, 56))[0], name
    assert load_images([saved["rgba"]], 64)[0].getpixel((0, 0)) == (255, 255, 255)
    eight, sixteen = (np.asarray(load_images([saved[name]], 64)[0]).astype(int) for name in ("grey", "grey16"))
    assert np.abs(eight - sixteen).max() <= 1


def test_bad_pictures_are_named_in_one_line(tmp_path, monkeypatch):
    draw(0, (1, 1)).save(tmp_path / "dot.png")
    draw(0, (3000, 4)).save(tmp_path / "line.png")
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "empty.png").write_bytes(b"")
    draw(0, (64, 64)).save(tmp_path / "whole.png")
    (tmp_path / "torn.png").write_bytes((tmp_path / "whole.png").read_bytes()[:90])
    draw(0).save(tmp_path / "moving.webp", save_all=True, append_images=[draw(1)])
    draw(0, (400, 400)).save(tmp_path / "bomb.png")
    draw(0, (250, 250)).save(tmp_path / "half-bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50_000)
    for name in (
        "dot.png",
        "line.png",
        "text.png",
        "empty.png",
        "torn.png",
        "moving.webp",
        "bomb.png",
        "half-bomb.png",
        "absent.png",
    ):
        with pytest.raises(ValueError, match=name) as error:
            load_images([tmp_path / name], 32)
        assert "\n" not in str(error.value)


# --- prompts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["object", "style", "person"])
def test_every_prompt_has_one_place_for_the_concept(kind):
    contexts = context_prompts(kind)
    for prompt in (*training_templates(kind), plain_prompt(kind), *contexts):
        assert prompt.count("{}") == 1
    assert all(phrase and phrase in prompt and "{}" not in phrase for prompt, phrase in contexts.items())
    assert plain_prompt(kind) not in contexts


def test_paper_lists():
    assert len(training_templates("tree")) == 27 and len(training_templates("style")) == 19
    assert len(set(training_templates("tree"))) == 27 and len(set(training_templates("style"))) == 17


def test_class_phrases(concept):
    phrase = lambda **change: class_phrase(concept.model_copy(update=change))  # noqa: E731
    assert phrase() == "a tower" and phrase(class_word="owl") == "an owl" and phrase(class_word="the sea") == "the sea"
    assert phrase(kind="style", class_word="fantasy") == "fantasy"
