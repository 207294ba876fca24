"""What the witness says of pictures, from an oracle that knows the truth."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pocket_world.oracle import witness
from pocket_world.oracle.reading import shows
from pocket_world.world import colour, concepts
from pocket_world.world.families import FAMILIES
from pocket_world.world.family import Member
from pocket_world.world.names import named_styles
from pocket_world.world.picture import compose, single
from truthful import Truthful, perfect

FOREST, BALLET, NOIR, LAKE = "in the forest", "doing ballet", "in the style of noir", "a lake"


@pytest.fixture
def oracle():
    witness._stranger.cache_clear()
    return Truthful()


def shown(oracle, name, seed=0, **how):
    """A picture (PIL) of a concept, whose truth the oracle knows."""
    return Image.fromarray(oracle.tell(*concepts.draw(name, np.random.default_rng(seed), size=64, **how)))


def table(*rows):
    return pd.DataFrame(list(rows), columns=["prompt", "image"], index=range(5, 5 + len(rows)))


def test_kept_context_and_both_are_what_was_drawn(oracle):
    other = FAMILIES["person"].random_member(np.random.default_rng(1), "woman")
    pictures = table(
        ("forest", shown(oracle, "merry_man", scene="forest")),
        ("forest", shown(oracle, "merry_man", scene="beach")),
        ("forest", shown(oracle, "merry_man", scene="forest", member=other)),
        ("forest", shown(oracle, "merry_man", scene=None, member=other)),
        ("ballet", shown(oracle, "merry_man", pose="ballet")),
        ("ballet", shown(oracle, "merry_man", pose="running")),
        ("plain", shown(oracle, "merry_man", scene="moon")),
    )
    seen = witness.sees(oracle, pictures, {"forest": FOREST, "ballet": BALLET}, "merry_man")
    assert tuple(seen) == witness.SEEN and seen.index.equals(pictures.index)
    assert list(seen["concept_seen"]) == [1, 1, 0, 0, 1, 1, 1]
    assert list(seen["context_seen"][:-1]) == [1, 0, 1, 0, 1, 0]
    assert list(seen["both_seen"][:-1]) == [1, 0, 0, 0, 1, 0]
    assert seen.iloc[-1][["context_seen", "both_seen"]].isna().all()  # a prompt without a phrase asks for nothing


def test_in_a_style_the_concepts_colours_are_not_asked_for(oracle):
    tree = concepts.members()["violet_cloud"]
    green = replace(tree, colours={slot: (58, 160, 70) for slot in tree.colours})
    pictures = table(
        ("style", shown(oracle, "violet_cloud", style=named_styles()["noir"], member=green)),
        ("style", shown(oracle, "violet_cloud", style=named_styles()["sepia"])),
        ("forest", shown(oracle, "violet_cloud", scene="forest", member=green)),
    )
    seen = witness.sees(oracle, pictures, {"style": NOIR, "forest": FOREST}, "violet_cloud")
    assert list(seen["concept_seen"]) == [1, 1, 0] and list(seen["context_seen"]) == [1, 0, 1]


def test_every_named_style_is_seen_as_itself_and_as_no_other(oracle):
    truths = [concepts.draw("moss_style", np.random.default_rng(0), subject="", scene="lake", member=style, size=8)[1]
              for style in named_styles().values()]
    found = perfect(truths)
    shown = np.array([shows(found, {"style": name}) for name in named_styles()])
    assert np.array_equal(shown, np.eye(len(truths), dtype=bool))


def test_of_a_style_the_subject_is_the_context(oracle):
    pictures = table(
        ("lake", shown(oracle, "moss_style", scene="lake", subject="")),
        ("lake", shown(oracle, "moss_style", scene="beach", subject="dog")),
        ("lake", shown(oracle, "moss_style", scene="lake", subject="", member=named_styles()["noir"])),
        ("dog", shown(oracle, "moss_style", subject="dog")),
    )
    seen = witness.sees(oracle, pictures, {"lake": LAKE, "dog": "a dog"}, "moss_style")
    assert list(seen["concept_seen"]) == [1, 1, 0, 1] and list(seen["context_seen"]) == [1, 0, 1, 1]
    assert list(seen["both_seen"]) == [1, 0, 0, 1]


def test_what_cannot_be_told_is_nan(oracle):
    pictures = table(("forest", shown(oracle, "plum_cat", scene="forest")))
    for asked in ((None, {"forest": FOREST}, "plum_cat"), (oracle, {}, "somebody's own"), (oracle, {})):
        assert witness.sees(asked[0], pictures, *asked[1:]).isna().all(axis=None)
    unknown = witness.sees(oracle, pictures, {"forest": "in a spaceship"}, "plum_cat")
    assert list(unknown.iloc[0].isna()) == [False, True, True]
    assert witness.sees(oracle, pictures.iloc[:0], {}).empty
    assert witness.open_oracle("some/other") is None and witness.attributes_seen(oracle, [], "somebody's own") is None


def test_a_member_is_read_as_it_was_drawn_though_one_picture_errs(oracle):
    for name in ("lemon_pine", "tea_girl", "moss_style"):
        images = [shown(oracle, name, seed, scene="beach") for seed in range(5)]
        strange = FAMILIES["car"].random_member(np.random.default_rng(2))
        figure = single(np.random.default_rng(3), strange)
        truth = {"kind": "named", "scene": None, "style": None, "count": 1, "thing": None, "subjects": [
            figure.as_dict()]}
        images.append(Image.fromarray(oracle.tell(compose([figure], rng=np.random.default_rng(4)), truth)))
        read, member = witness.as_read(oracle, images), concepts.members()[name]
        assert (read.family, read.kind, read.forms) == (member.family, member.kind, member.forms)
        if name == "moss_style":
            assert all(colour.apart(read.colours[slot], member.colours[slot]) < 1 for slot in member.colours)


def test_pictures_of_a_thing_or_of_nobody_are_nobodys(oracle):
    truth = {"kind": "thing", "scene": None, "style": None, "count": 1, "thing": "apple", "subjects": []}
    images = [oracle.tell(np.full((64, 64, 3), level, np.uint8), truth) for level in range(3)]
    assert witness.as_read(oracle, images) is None
    for image in images:
        oracle.tell(image, truth | {"thing": None})
    assert witness.as_read(oracle, images) is None


def test_a_stranger_is_kept_where_it_is_read_as_its_own_pictures_are(oracle, tmp_path, monkeypatch):
    """Its training pictures are read as somebody; a picture read so too keeps it, one read otherwise does not."""
    rng, monkey = np.random.default_rng(5), monkeypatch
    looks = FAMILIES["creature"].random_member(rng)

    def read_as(member, seed, scene="beach"):
        image = concepts.draw("plum_beast", np.random.default_rng(seed), scene=scene, size=64)[0]
        figure = single(rng, member).as_dict()
        truth = {"kind": "named", "scene": scene, "style": None, "count": 1, "thing": None, "subjects": [figure]}
        return Image.fromarray(oracle.tell(image, truth))

    monkey.setattr(witness, "CONCEPTS", tmp_path)
    (tmp_path / "plum_beast" / "images").mkdir(parents=True)
    for number in range(3):
        read_as(looks, number).save(tmp_path / "plum_beast" / "images" / f"{number}.png")
    member = witness.member_of(oracle, "plum_beast")
    assert isinstance(member, Member) and (member.kind, member.forms) == ("creature", looks.forms)
    assert all(colour.apart(member.colours[slot], looks.colours[slot]) < 1 for slot in looks.colours)
    pictures = table(("forest", read_as(looks, 7, "forest")), ("forest", read_as(concepts.look_alike(looks, rng), 8)))
    seen = witness.sees(oracle, pictures, {"forest": FOREST}, "plum_beast")
    assert list(seen["concept_seen"]) == [1, 0] and list(seen["both_seen"]) == [1, 0]


def test_attributes_say_which_part_was_changed(oracle):
    member = concepts.members()["lime_pup"]
    changed = replace(member, forms=member.forms | {"tail": "fin" if member.forms["tail"] != "fin" else "ball"})
    images = [shown(oracle, "lime_pup"), shown(oracle, "lime_pup", member=changed)]
    found = witness.attributes_seen(oracle, images, "lime_pup")
    assert not [column for column in found if column.startswith("delta")] and (found.iloc[0] == 1).all()
    assert found.columns[found.iloc[1] == 0].tolist() == ["form tail"]


def test_lab_and_rgb_are_each_others_way_back():
    rng = np.random.default_rng(6)
    for triple in [*rng.integers(0, 256, (300, 3)), (0, 0, 0), (255, 255, 255), (255, 0, 0)]:
        own = tuple(int(value) for value in triple)
        assert colour.rgb(colour.lab(own)) == own
        assert colour.lab(colour.rgb(colour.lab(own))) == pytest.approx(colour.lab(own))
    assert colour.rgb((120, 0, 0)) == (255, 255, 255) and colour.rgb((-20, 0, 0)) == (0, 0, 0)  # no screen shows more
