"""The world of individuals: equal draws are equal pictures, captions tell the truth, no concept has a name."""

import hashlib
import json

import numpy as np
import pytest
from PIL import Image
from pocket_world.world import captions, colour, concepts, folders, names, scenes, sheet, styles
from pocket_world.world.emphasis import emphasis, where_forms_tell
from pocket_world.world.families import FAMILIES
from pocket_world.world.family import colours_apart, forms_apart
from pocket_world.world.pen import Pen
from pocket_world.world.picture import compose, drawn, sample, single

from textinv_core.paths import CONCEPTS

COUNT = 300


@pytest.fixture(scope="module")
def pictures():
    rng = np.random.default_rng(2)
    return [sample(rng) for _ in range(COUNT)]


def test_equal_generators_draw_equal_pictures(pictures):
    rng = np.random.default_rng(2)
    for one in pictures[:20]:
        again = sample(rng)
        assert np.array_equal(one.image, again.image) and (one.caption, one.truth) == (again.caption, again.truth)


def test_who_is_called_what_never_changes():
    """The captions that a model learned from name these members: another table is another world."""
    everybody = names.named() | names.named_styles()
    table = {name: member.as_dict() for name, member in everybody.items()}
    digest = hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()[:16]
    assert digest == "ef29eabd79e8710d"


@pytest.mark.slow
def test_the_table_of_names_is_what_its_program_draws(tmp_path):
    names.write(tmp_path / "names.json")
    assert (tmp_path / "names.json").read_bytes() == names.TABLE.read_bytes()


def test_pictures_and_captions_have_their_shape(pictures):
    for one in pictures:
        assert one.image.shape == (64, 64, 3) and one.image.dtype == np.uint8
        assert len(one.caption.split()) <= captions.MAX_WORDS
        json.dumps(one.truth)


def test_captions_say_what_is_in_the_picture(pictures):
    for one in pictures:
        truth, words = one.truth, one.caption.split()
        if truth["told"] == "style":
            assert one.caption.endswith(f"in the style of {truth['style_name']}") and not truth["said"]
            continue
        for figure in truth["subjects"]:
            member = figure["member"]
            family = FAMILIES[member["family"]]
            called = {member["kind"], captions.plural(member["kind"]), figure["name"]}
            called |= {word for word, forms in family.special.items() if forms.items() <= member["forms"].items()}
            called |= {captions.plural(word) for word in called if word}
            assert called & set(words), one.caption
            if figure["pose"] not in (None, "standing"):
                assert captions.DOING[figure["pose"]] in one.caption
        if truth["scene"] and truth["kind"] != "view":
            assert scenes.SCENES[truth["scene"]] in one.caption
        if truth["style_name"]:
            assert f"in the style of {truth['style_name']}" in one.caption
        for said in truth["said"]:
            member = truth["subjects"][0]["member"]
            family = FAMILIES[member["family"]]
            if said in family.forms:
                assert family.forms[said][member["forms"][said]] in one.caption
            else:
                assert colour.word(member["colours"][said.removesuffix(" colour")]) in words


def test_pictures_without_names_name_nobody():
    rng = np.random.default_rng(3)
    for _ in range(100):
        one = sample(rng, mix="nobody")
        assert not set(one.caption.split()) & {*names.named(), *names.named_styles()}


def test_a_pixel_says_as_much_as_its_part_is_small(pictures):
    for one in pictures:
        assert one.emphasis.shape == one.image.shape[:2] and (one.emphasis >= 0).all()
        assert (one.emphasis > 0).any() == bool(one.truth["subjects"])
    member = FAMILIES["tree"].random_member(np.random.default_rng(0))
    sheet = drawn(member)
    found, pixels = emphasis(sheet, member), np.asarray(sheet)
    assert (found[pixels[..., 3] == 0] == 0).all() and found[found > 0].mean() == pytest.approx(1, abs=1e-3)
    parts = [found[(pixels == (*member.colours[slot], 255)).all(2)] for slot in ("crown", "trunk")]
    assert all(len(set(part)) == 1 for part in parts)
    (large, small) = sorted(parts, key=len, reverse=True)
    assert 1 < small[0] / large[0] < len(large) / len(small)  # by the root of their areas, with what is shaded
    assert (emphasis(sheet.crop((0, 0, 2, 2)), member) == 0).all()  # nobody there
    area = np.zeros(found.shape, bool)
    area[:12, :12] = True  # where the sheet is empty: what is not there tells too
    told = emphasis(sheet, member, [area])
    assert (told[area] > 0).all() and told[told > 0].mean() == pytest.approx(1, abs=1e-3)
    ratio = told[~area & (found > 0)] / found[~area & (found > 0)]
    assert ratio.max() == pytest.approx(ratio.min(), rel=1e-5)  # no part gains on another by it


@pytest.mark.parametrize("family", FAMILIES)
def test_a_form_tells_where_another_would_be_drawn(family):
    member, program = FAMILIES[family].random_member(np.random.default_rng(1)), FAMILIES[family]
    areas = where_forms_tell(member, None, 48)
    assert 0 < len(areas) <= len(program.forms) and all(0 < area.mean() < 0.8 for area in areas)
    assert all(np.array_equal(area[:, ::-1], other)
               for area, other in zip(areas, where_forms_tell(member, None, 48, flip=True), strict=True))
    assert not any(area[0].all() or area[:, 0].all() for area in areas)  # the same drawing but for the form


def test_the_mix_of_names_calls_somebody_by_one_word_more_often():
    rng, everybody = np.random.default_rng(4), {*names.named(), captions.SOMEBODY}

    def named(mix):
        return np.mean([bool(set(sample(rng, mix=mix).caption.split()) & everybody) for _ in range(200)])

    assert named("nobody") == 0 < named("all") + 0.1 < named("names")


def test_everybody_with_a_name_differs_from_everybody_else():
    for family in FAMILIES.values():
        bearers = [names.named()[name] for name in names.names_of(family.name)]
        assert len(bearers) == names.MEMBERS and {member.kind for member in bearers} == set(family.kinds)
        for i, one in enumerate(bearers):
            assert all(names.different(one, other, family.main_slots()) for other in bearers[:i])
    assert len(names.named_styles()) == names.STYLES
    words = [*names.named(), *names.named_styles()]
    assert len(set(words)) == len(words) and all(word.isalpha() and word.islower() for word in words)


def test_no_concept_of_the_world_has_a_name_and_each_known_one_has_its_own():
    everybody = [*names.named().values(), *names.named_styles().values()]
    members = concepts.members() | concepts.fresh()
    for name in (*concepts.IN_WORLD, *concepts.FRESH):
        family = FAMILIES.get(members[name].family, styles.FAMILY)
        own = [members[other] for other in (*concepts.IN_WORLD, *concepts.FRESH) if other != name]
        kin = [member for member in (*everybody, *own) if member.family == family.name]
        for other in kin:
            forms = forms_apart(members[name], other)
            distance = colours_apart(members[name], other, family.main_slots()) if forms < 2 else 0
            assert forms >= names.FORMS_APART or distance >= names.COLOURS_APART, name
        assert name not in concepts.true_names()
    for name, word in concepts.true_names().items():
        assert members[name] == (names.named() | names.named_styles())[word]


def test_nobody_who_is_called_by_looks_is_like_a_concept():
    unnamed = [concepts.member_of(name) for name in (*concepts.IN_WORLD, *concepts.FRESH)]
    assert all(concepts.like_a_concept(member) for member in unnamed if member.family != "style")
    assert not any(concepts.like_a_concept(member) for member in names.named().values())


def test_there_are_concepts_of_every_family_for_both_uses():
    uses = [use for _, use, *_ in concepts.IN_WORLD.values()]
    assert uses.count("development") >= 6 and uses.count("reporting") >= 12 and len(concepts.KNOWN) >= 8
    assert {concepts.members()[name].family for name in concepts.IN_WORLD} == {*FAMILIES, "style"}
    for name, (kind, _, forms, words) in concepts.IN_WORLD.items():
        member = concepts.members()[name]
        assert forms.items() <= member.forms.items() and kind == member.kind
        assert {slot: colour.word(member.colours[slot]) for slot in words} == words


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_every_form_and_every_colour_shows(family):
    """Changing one form or one main colour changes the drawing."""
    rng = np.random.default_rng(4)
    for _ in range(4):
        member = family.random_member(rng)
        pose = family.poses[0] if family.poses else None

        def sheet(member, pose=pose):
            return np.asarray(drawn(member, pose), int)

        own = sheet(member)
        assert (own[..., 3] > 0).mean() > 0.15  # it fills its sheet
        for part, options in family.forms.items():
            for form in options:
                other = family.allowed(member.kind, member.forms | {part: form})
                if other[part] == member.forms[part] or other != member.forms | {part: form}:
                    continue
                changed = sheet(type(member)(**{**vars(member), "forms": other}))
                assert (np.abs(own - changed).max(-1) > 24).mean() > 0.004, (part, form)
        for slot in family.main_slots():
            painted = type(member)(**{**vars(member), "colours": member.colours | {slot: (255, 0, 255)}})
            assert (np.abs(own - sheet(painted)).max(-1) > 24).mean() > 0.01, slot


def test_poses_differ():
    rng = np.random.default_rng(5)
    family = FAMILIES["person"]
    for kind in family.kinds:
        member = family.random_member(rng, kind)
        sheets = [np.asarray(drawn(member, pose), int) for pose in family.poses]
        for i, one in enumerate(sheets):
            assert all((np.abs(one - other).max(-1) > 24).mean() > 0.02 for other in sheets[:i])


def test_a_style_changes_the_picture_and_keeps_its_shape():
    rng = np.random.default_rng(6)
    member = FAMILIES["tree"].random_member(rng)
    for size in (64, 256):
        plain = compose([single(np.random.default_rng(1), member)], rng=np.random.default_rng(0), size=size)
        for style in list(names.named_styles().values())[:12]:
            painted = styles.apply(style, plain)
            assert painted.shape == plain.shape == (size, size, 3) and painted.dtype == np.uint8
            assert np.abs(painted.astype(int) - plain).mean() > 12


def test_colours_are_called_by_the_nearest_word_and_drawn_by_it():
    rng = np.random.default_rng(7)
    for name, centre in colour.WORDS.items():
        assert colour.word(centre) == name
        assert colour.word(colour.random_colour(rng, name)) == name
    assert colour.delta_e((0, 0, 0), (255, 255, 255)) == pytest.approx(100, abs=0.1)
    assert colour.lab((255, 0, 0)) == pytest.approx([53.2, 80.1, 67.2], abs=0.2)  # the red of sRGB
    for one, other in rng.integers(0, 256, (200, 2, 3)):
        assert colour.lab_of(tuple(one)) == pytest.approx(colour.lab(one))
        assert colour.apart(tuple(one), tuple(other)) == pytest.approx(colour.delta_e(one, other))


def test_a_pattern_stays_within_its_body():
    pen, mask = Pen(100), Pen(100)
    mask.ellipse(50, 50, 20)
    pen.within(mask, lambda on: on.box(0, 0, 100, 100, (255, 0, 0)))
    painted = np.asarray(pen.sheet)[..., 3] > 0
    assert (painted == (np.asarray(mask.sheet)[..., 3] > 0)).all() and painted.any()


def test_concept_pictures_are_the_same_every_time_and_show_what_is_asked():
    image, truth = concepts.draw("lemon_pine", np.random.default_rng(0), scene="beach", size=64)
    again, _ = concepts.draw("lemon_pine", np.random.default_rng(0), scene="beach", size=64)
    assert np.array_equal(image, again) and truth["scene"] == "beach"
    assert truth["subjects"][0]["member"] == concepts.members()["lemon_pine"].as_dict()
    _, truth = concepts.draw("moss_style", np.random.default_rng(0), subject="", size=64)
    assert not truth["subjects"] and truth["style"] == concepts.members()["moss_style"].as_dict()


def test_a_look_alike_differs_in_two_forms_and_in_no_colour():
    rng = np.random.default_rng(8)
    for member in [*concepts.members().values(), *names.named().values()][::7]:
        alike = concepts.look_alike(member, rng)
        assert forms_apart(alike, member) == 2 and alike.colours == member.colours


def test_a_persons_folder_holds_what_its_probes_need(tmp_path, monkeypatch):
    from textinv_core.learning.concepts import load_concept

    monkeypatch.setattr(folders, "PROBES", 2)
    folders.write("merry_man", tmp_path)
    man = load_concept(tmp_path / "merry_man")
    assert len(man.images) == folders.TRAINING and len(man.held_out) == folders.HELD_OUT
    assert set(man.probes) == {"own", "look_alike", "other_person", "backpack", "ballet", "dancing"}
    assert man.class_word == "man" and "big smile" in man.description and man.origin == "in the world"
    folders.write("known_car", tmp_path)
    assert load_concept(tmp_path / "known_car").true_name == concepts.true_names()["known_car"]


def test_the_sheet_of_concepts_shows_every_folder_that_is_there(tmp_path):
    every = sheet.concept_sheet(CONCEPTS, each=2, side=16)
    assert every.height == -(-len(concepts.everything()) // 3) * (18 + 16 + 4)
    (tmp_path / "rose_bus" / "images").mkdir(parents=True)
    Image.new("RGB", (32, 32), (255, 0, 0)).save(tmp_path / "rose_bus" / "images" / "00.png")
    one = np.asarray(sheet.concept_sheet(tmp_path, each=2, side=16))
    assert one.shape[0] == 38 and ((one == (255, 0, 0)).all(-1)).sum() == 16 * 16
