"""The study's concepts of this world: strangers to every caption, and acquaintances to be learned again.

One table says who they are; a line more is a concept more.  A concept *in the world* is a member that the drawing
programs could have made and training never shows: it differs from everybody who has a name (`names.different`).  A
*known* one has a name; what inversion should find is there.
"""

import functools
import shutil
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from . import scenes, styles
from .captions import article
from .colour import word
from .families import FAMILIES
from .names import distinct, named, named_styles, names_of
from .picture import beside, compose, place, random_backdrop, single
from .things import drawings

PICTURE_SIZE = 256  # pixels a side of a written picture
TRAINING, HELD_OUT, PROBES = 6, 6, 12  # pictures
LICENCE = "CC0-1.0 (drawn for this study by data/pocket_world)"
KIND = {"figurine": "object", "car": "vehicle", "cake": "food"}  # what the study calls a family, where not by its name

# name -> (class word, use, forms that it must have, words for its colours)
IN_WORLD = {
    "lemon_pine": ("tree", "development", {"crown": "pointed", "face": "face"}, {"crown": "yellow"}),
    "brick_tower": ("building", "development", {"body": "tall", "roof": "dome"}, {"wall": "red"}),
    "mint_bunny": ("creature", "development", {"ears": "long", "pattern": "spots"}, {"body": "teal"}),
    "rose_bus": ("car", "development", {"shape": "bus", "top": "balloon"}, {"body": "pink"}),
    "toy_king": ("figurine", "development", {"head": "square", "top": "tuft"}, {"head": "orange"}),
    "berry_cake": ("cake", "development", {"body": "double", "topping": "cherry"}, {"icing": "purple"}),
    "violet_cloud": ("tree", "reporting", {"crown": "cloud", "ornament": "fruit"}, {"crown": "purple"}),
    "coral_cap": ("tree", "reporting", {"crown": "flat", "ornament": "cap", "face": "face"}, {"crown": "red"}),
    "sky_castle": ("building", "reporting", {"roof": "battlements", "top": "flag"}, {"wall": "blue"}),
    "amber_hall": ("building", "reporting", {"body": "stepped", "windows": "arches"}, {"wall": "orange"}),
    "plum_cat": ("creature", "reporting", {"ears": "pointed", "pattern": "stripes"}, {"body": "purple"}),
    "lime_pup": ("creature", "reporting", {"ears": "hanging", "headpiece": "crown"}, {"body": "green"}),
    "blue_racer": ("car", "reporting", {"shape": "racer", "wheels": "star"}, {"body": "blue"}),
    "sun_bubble": ("car", "reporting", {"shape": "bubble", "top": "flag"}, {"body": "yellow"}),
    "leaf_robot": ("figurine", "reporting", {"head": "round", "top": "leaf", "body": "bell"}, {"body": "green"}),
    "star_cupcake": ("cake", "reporting", {"body": "cup", "topping": "star", "icing": "swirl"}, {"icing": "teal"}),
    "merry_man": ("man", "reporting", {"hair": "spiky", "mouth": "smile"}, {"hair": "red", "top": "yellow"}),
    "tea_girl": ("girl", "reporting", {"hair": "curly", "hat": "cap"}, {"hair": "black", "top": "pink"}),
    "dusk_style": ("painting", "reporting", {"tone": "ramp", "finish": "frame"}, {}),
    "glow_style": ("painting", "reporting", {"tone": "negative", "finish": "lines"}, {}),
}
# name -> (family, which of those who have a name)
KNOWN = {f"known_{family}": (family, 7) for family in (*FAMILIES, "style")}


def _rng(*names):
    return np.random.default_rng([zlib.crc32(str(name).encode()) for name in names])


@functools.cache
def true_names():
    """{concept: the name by which the world knows it}."""
    styles_named = [name for name in named_styles() if name not in styles.FAMOUS]
    return {concept: styles_named[number] if family == "style" else names_of(family)[number]
            for concept, (family, number) in KNOWN.items()}


@functools.cache
def members():
    """{concept: Member} of every concept of the world."""
    found = {}
    for name, (kind, _, forms, colours) in IN_WORLD.items():
        if kind == "painting":
            others = [*named_styles().values(), *(m for m in found.values() if m.family == "style")]
            draw = functools.partial(_style, forms=forms)
            found[name] = distinct(_rng("concept", name), 1, draw, styles.FAMILY.main_slots(), others)[0]
            continue
        family = next(f for f in FAMILIES.values() if kind in f.kinds)
        others = [*named().values(), *found.values()]
        draw = functools.partial(family.random_member, kind=kind, forms=forms, colours=colours)
        found[name] = distinct(_rng("concept", name), 1, draw, family.main_slots(), others)[0]
    everybody = named() | named_styles()
    return found | {concept: everybody[name] for concept, name in true_names().items()}


def _style(rng, forms):
    return replace(styles.random_style(rng), forms=forms)


def draw(name, rng, *, scene=None, style=None, pose=None, subject=None, member=None, size=PICTURE_SIZE):
    """One picture of a concept: (uint8 (size, size, 3), truth as of `Picture`, its first subject the concept).

    scene: a scene's name; style: a style (Member) to draw it in; pose: of a person.  A style shows other things in its
    own style: subject, a member, "" for the scene alone, None for anybody.  member: drawn in the concept's place.
    """
    who = members()[name] if member is None else member
    if who.family == "style":
        family = FAMILIES[str(rng.choice(list(FAMILIES)))]
        other = family.random_member(rng) if subject is None else subject
        figures, style = ([single(rng, other)] if other else []), who
    else:
        figures = [single(rng, who, None, pose or ("standing" if FAMILIES[who.family].poses else None))]
    image = compose(figures, scene, style, rng=rng, size=size)
    truth = {
        "kind": "concept", "concept": name, "scene": scene, "style": style and style.as_dict(), "count": 1,
        "thing": None, "subjects": [figure.as_dict() for figure in figures],
    }  # fmt: skip
    return image, truth


def pictures(name, split, count):
    """The written pictures of one split: the plain backdrop and scenes in turn."""
    rng = _rng(name, split)
    places = [str(scene) for scene in rng.permutation(list(scenes.SCENES))]
    for index in range(count):
        plain = index % 2 == 0 and members()[name].family != "style"
        yield draw(name, rng, scene=None if plain else places[index])[0]


def look_alike(member, rng):
    """Somebody of the same kind who shares all but two forms and looks alike in colour."""
    family = FAMILIES[member.family]
    parts = [str(part) for part in rng.permutation(list(family.forms))[:2]]
    others = {part: [form for form in family.forms[part] if form != member.forms[part]] for part in parts}
    changed = {part: str(rng.choice(forms)) for part, forms in others.items()}
    return replace(member, forms=family.allowed(member.kind, member.forms | changed))


def probe_pictures(name):
    """A person's probe pictures: {rung: drawing function of one picture}."""
    rng, own = _rng(name, "probes"), members()[name]
    alike = look_alike(own, rng)
    anybody = functools.partial(FAMILIES["person"].random_member, kind=own.kind)
    other = distinct(rng, 1, anybody, FAMILIES["person"].main_slots(), [own])[0]

    def someone(member, pose="standing"):
        return draw(name, rng, member=member, pose=pose)[0]

    def backpack():
        canvas = random_backdrop(rng, None, PICTURE_SIZE)
        sheets = drawings("backpack")
        place(canvas, sheets[int(rng.integers(len(sheets)))], single(rng, None))
        return np.asarray(canvas)

    def dancing_with_a_girl():
        girl = FAMILIES["person"].random_member(rng, "girl")
        pair = [beside(rng, own, True, None, "dancing"), beside(rng, girl, False, None, "dancing")]
        return compose(pair, rng=rng, size=PICTURE_SIZE)

    return {"own": lambda: someone(own), "look_alike": lambda: someone(alike), "other_person": lambda: someone(other),
            "backpack": backpack, "ballet": lambda: someone(own, "ballet"), "dancing": dancing_with_a_girl}


def description(name):
    """A plain description of a concept, in the world's words."""
    member = members()[name]
    if member.family == "style":
        return "a painting"
    first, *_ = FAMILIES[member.family].colours
    phrases = FAMILIES[member.family].phrases(member)
    wanted = [*(IN_WORLD[name][2] if name in IN_WORLD else FAMILIES[member.family].forms)]
    who = f"{word(member.colours[first])} {member.kind}"
    if member.family == "person":
        who, wanted = member.kind, [f"{first} colour", *wanted]
    return f"{article(who)} with {' and '.join([phrases[part] for part in wanted if part in phrases][:3])}"


def facts(name):
    """What `concept.yml` says."""
    member = members()[name]
    family = member.family
    class_word = "painting" if family == "style" else member.kind
    others = [*(FAMILIES[family].special if family in FAMILIES else ("fantasy",)), "toy"][:2]
    found = {
        "placeholder": f"<{name.replace('_', '-')}>", "initializer": class_word, "alternatives": others,
        "kind": KIND.get(family, family), "class_word": class_word, "description": description(name),
        "licence": LICENCE, "source": "stand-in drawn by code, not photographed",
    }  # fmt: skip
    return found | ({"true_name": true_names()[name]} if name in KNOWN else {})


def write_all(folder):
    """Write every concept's folder: pictures, held-out pictures, a person's probes, `concept.yml`."""
    for name, member in members().items():
        home = Path(folder) / name
        shutil.rmtree(home, ignore_errors=True)
        jobs = {"images": pictures(name, "images", TRAINING), "held_out": pictures(name, "held_out", HELD_OUT)}
        if member.family == "person":
            rungs = probe_pictures(name).items()
            jobs |= {f"probes/{rung}": [one() for _ in range(PROBES)] for rung, one in rungs}
        for part, images in jobs.items():
            (home / part).mkdir(parents=True)
            for index, image in enumerate(images):
                Image.fromarray(image).save(home / part / f"{index:02d}.png", optimize=True)
        (home / "concept.yml").write_text(yaml.safe_dump(facts(name), sort_keys=False), encoding="utf-8")
