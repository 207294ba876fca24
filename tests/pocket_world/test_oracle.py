"""The oracle: its targets say what a picture shows, its reading keeps a member by the stated rule."""

import numpy as np
import pytest
import torch
from pocket_world.oracle import attributes as heads
from pocket_world.oracle import reading, training
from pocket_world.oracle.model import TINY, Oracle, to_lab
from pocket_world.world import concepts
from pocket_world.world.colour import lab
from pocket_world.world.families import FAMILIES
from pocket_world.world.names import named, named_styles
from pocket_world.world.picture import sample
from truthful import perfect

from textinv_core.learning.concepts import context_prompts


def test_targets_say_what_is_in_the_picture():
    rng = np.random.default_rng(0)
    names = list(heads.class_heads())
    for _ in range(200):
        truth = sample(rng).truth
        classes, colours, present = heads.targets(truth)
        said = {head: heads.class_heads()[head][i] for head, i in zip(names, classes, strict=True) if i >= 0}
        assert said["scene"] == (truth["scene"] or heads.NONE) and said["count"] == str(truth["count"])
        assert {heads.subjects()[i] for i in np.flatnonzero(present)} == {
            *(figure["member"]["kind"] for figure in truth["subjects"]), *([truth["thing"]] if truth["thing"] else [])}
        if truth["kind"] in ("named", "class", "attributes"):
            member = truth["subjects"][0]["member"]
            assert said["subject"] == member["kind"]
            assert all(said[f"{member['family']}.{part}"] == form for part, form in member["forms"].items())
        if truth["style"]:
            told = {head for head, row in zip(heads.colour_heads(), colours, strict=True) if not np.isnan(row).any()}
            assert told >= {"style.shadow colour", "style.light colour", "style.middle colour"}


def test_a_head_that_a_picture_says_nothing_about_gets_no_gradient():
    sizes = [sum(map(len, heads.class_heads().values())), len(heads.colour_heads()), len(heads.subjects())]
    logits = torch.randn(2, sizes[0], requires_grad=True)
    colours = torch.randn(2, sizes[1], 3, requires_grad=True)
    present = torch.zeros(2, sizes[2])
    classes = torch.full((2, len(heads.class_heads())), heads.UNKNOWN)
    classes[0, 0] = 1
    targets = torch.full((2, sizes[1], 3), float("nan"))
    targets[1, 4] = 0.5
    training.oracle_loss((logits, colours, torch.zeros(2, sizes[2])), classes, targets, present).backward()
    assert logits.grad[0, : len(heads.class_heads()["subject"])].any() and not logits.grad[1].any()
    assert not logits.grad[0, len(heads.class_heads()["subject"]) :].any()
    assert colours.grad[1, 4].any() and colours.grad.any(-1).sum() == 1


@pytest.mark.parametrize("name", ["lemon_pine", "merry_man"])
def test_a_member_is_kept_with_one_form_wrong_and_no_more(name):
    member, rng = concepts.members()[name], np.random.default_rng(1)
    found = perfect([concepts.draw(name, rng, size=64)[1]])
    assert reading.kept(found, member).tolist() == [True]
    family = member.family
    for wrong, (part, form) in enumerate(list(member.forms.items())[:2], 1):
        labels = heads.class_heads()[f"{family}.{part}"]
        other = next(i for i, label in enumerate(labels) if label not in (form, heads.NONE))
        found[f"{family}.{part}"] = np.eye(len(labels))[[other]]
        assert reading.kept(found, member).tolist() == [wrong <= 1]


def test_a_member_is_kept_while_its_main_colours_are_near():
    member = concepts.members()["lemon_pine"]
    found = perfect([concepts.draw("lemon_pine", np.random.default_rng(1), size=64)[1]])
    for far, keeps in ((reading.COLOUR_LIMIT - 1, True), (reading.COLOUR_LIMIT + 1, False)):
        found["tree.crown colour"] = lab(member.colours["crown"])[None] + np.array([[far, 0, 0]])
        assert reading.kept(found, member).tolist() == [keeps]
        assert reading.kept(found, member, coloured=False).tolist() == [True]
    found["tree.crown colour"] = lab(member.colours["crown"])[None]
    found["tree.ornament colour"] = lab(member.colours["ornament"])[None] + 90  # not one of the main colours
    assert reading.kept(found, member).tolist() == [True]


def test_a_style_is_kept_while_no_named_one_is_nearer():
    member, rng = concepts.members()["moss_style"], np.random.default_rng(1)
    found = perfect([concepts.draw("moss_style", rng, size=64)[1]])
    assert reading.kept(found, member).tolist() == [True]
    assert reading.style_distances(found, [member])[0, 0] == pytest.approx(0, abs=1e-4)
    other = named_styles()[reading.nearest_style(found)[0]]
    for slot, colour in other.colours.items():
        found[f"style.{slot} colour"] = lab(colour)[None]
    for part, form in other.forms.items():
        labels = heads.class_heads()[f"style.{part}"]
        found[f"style.{part}"] = np.eye(len(labels))[[labels.index(form)]]
    assert reading.kept(found, member).tolist() == [False] and reading.kept(found, other).tolist() == [True]
    assert reading.shows(found, {"style": reading.nearest_style(found)[0]}).all()
    found["style.tone"] = np.eye(len(heads.class_heads()["style.tone"]))[[-1]]  # a picture in no style at all
    assert not reading.kept(found, other).any()


def test_contexts_say_what_they_mean():
    assert reading.context_of("in the forest") == {"scene": "forest"}
    assert reading.context_of("doing ballet") == {"pose": "ballet"}
    assert reading.context_of("in the style of fantasy") == {"style": "fantasy"}
    assert reading.context_of("a woman") == {"subject": "woman"} and reading.context_of("a lake") == {"scene": "lake"}
    assert reading.context_of("with a girl") == {"present": "girl"}
    assert reading.context_of("in a spaceship") is None


@pytest.mark.parametrize("kind", ["person", "object"])
def test_the_oracle_knows_the_studys_scenes_and_poses(kind):
    known = [phrase for phrase in context_prompts(kind).values() if reading.context_of(phrase)]
    assert len(known) >= 11


def test_a_perfect_reading_shows_every_context():
    rng = np.random.default_rng(2)
    for _ in range(150):
        truth = sample(rng).truth
        found = perfect([truth])
        if truth["scene"]:
            assert reading.shows(found, {"scene": truth["scene"]}).all()
        if truth["style_name"] in named_styles():
            assert reading.shows(found, {"style": truth["style_name"]}).all()
        for figure in truth["subjects"]:
            assert reading.shows(found, {"present": figure["member"]["kind"]}).all()
            if figure["name"] and truth["kind"] == "named" and not truth["style"]:
                assert reading.kept(found, named()[figure["name"]]).all()


def test_attributes_have_a_column_each():
    member = concepts.members()["plum_cat"]
    table = reading.attributes(perfect([concepts.draw("plum_cat", np.random.default_rng(0), size=64)[1]]), member)
    family = FAMILIES["creature"]
    assert {f"form {part}" for part in family.forms} | {f"colour {slot}" for slot in family.colours} < set(table)
    assert table.filter(regex="^(family|form|colour)").all(axis=None)


def test_colours_of_pictures_are_those_of_the_world():
    """The network's CIELAB, for gradients, and the world's, for arrays, are one formula."""
    x = torch.rand(2, 3, 5, 4, generator=torch.Generator().manual_seed(0)) * 2 - 1
    found = to_lab(x).permute(0, 2, 3, 1).numpy() * heads.LAB_SCALE + heads.LAB_CENTRE
    assert np.abs(found - lab(((x + 1) * 127.5).permute(0, 2, 3, 1).numpy())).max() < 1e-3


def test_a_colour_is_looked_up_in_the_picture():
    """Wherever its untrained maps look: of a picture of one colour, every head reads that colour."""
    colour = (200, 40, 90)
    picture = np.full((1, 64, 64, 3), colour, np.uint8)
    found = Oracle(TINY).eval().read_pictures(picture)
    assert all(np.abs(found[head][0] - lab(colour)).max() < 0.1 for head in heads.colour_heads())
