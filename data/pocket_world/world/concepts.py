"""The study's concepts: who they are, and pictures of them.

One table a set; a line more is a concept more, and `python -m pocket_world concepts` writes its folder.  A concept *in
the world* is a member that the drawing programs could have made and training never shows: it differs from everybody who
has a name (`names.different`).  A *known* one has a name; what inversion should find is there.  A *stranger* is drawn
by no program of the world (`strangers`).
"""

import functools
import zlib
from dataclasses import replace

import numpy as np

from . import strangers, styles
from .families import FAMILIES
from .family import forms_apart
from .names import different, distinct, named, named_styles, names_of
from .picture import compose, single
from .strangers import STRANGERS

PICTURE_SIZE = 256  # pixels a side of a written picture

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
    "grand_sir": ("man", "reporting", {"hat": "tophat", "mouth": "serious"}, {"top": "purple"}),
    "curly_lady": (
        "woman", "reporting", {"hair": "curly", "mouth": "smile", "hat": "none"}, {"hair": "red", "top": "teal"}
    ),
    "winter_lady": (
        "woman", "reporting", {"hair": "long", "glasses": "yes", "hat": "none"}, {"hair": "white", "top": "blue"}
    ),
    "star_boy": (
        "boy", "reporting", {"hair": "short", "clothes": "star", "hat": "none"}, {"hair": "orange", "top": "green"}
    ),
    "berry_girl": (
        "girl", "reporting", {"hair": "long", "clothes": "stripes", "hat": "none"}, {"hair": "brown", "top": "red"}
    ),
    "moss_style": ("painting", "reporting", {"tone": "hard", "finish": "frame"}, {}),
    "glow_style": ("painting", "reporting", {"tone": "negative", "finish": "lines"}, {}),
}
# name -> kind: individuals like those in the world, of the kinds that are hardest to learn. Nothing reports them: ways
# to learn are tried on them, beside the development concepts, which are easy.
FRESH = {f"fresh_{kind}_{i}": kind
         for kind, many in dict(man=2, woman=2, boy=2, girl=2, creature=3, car=3, cake=2).items() for i in range(many)}
# name -> (family, which of those who have a name)
KNOWN = {f"known_{family}": (family, 7) for family in (*FAMILIES, "style")}


def everything():
    """The name of every concept of the study."""
    return (*IN_WORLD, *KNOWN, *STRANGERS)


def origin(name):
    """Where a concept comes from: "in the world", "known" or "stranger"."""
    return "stranger" if name in STRANGERS else "known" if name in KNOWN else "in the world"


def class_word(name):
    """The word for the kind of thing that a concept is."""
    return STRANGERS[name][0] if name in STRANGERS else member_of(name).kind


def family_of(name):
    """The family that a concept belongs to, by its class word; that of styles too."""
    word = class_word(name)
    return next((family for family in FAMILIES.values() if word in (*family.kinds, *family.special)), styles.FAMILY)


def generator(*names):
    """The chance that belongs to some names, the same for ever."""
    return np.random.default_rng([zlib.crc32(str(name).encode()) for name in names])


@functools.cache
def true_names():
    """{concept: the name by which the world knows it}."""
    styles_named = [name for name in named_styles() if name not in styles.FAMOUS]
    return {concept: styles_named[number] if family == "style" else names_of(family)[number]
            for concept, (family, number) in KNOWN.items()}


@functools.cache
def members():
    """{concept: Member} of every concept of the world; a stranger is none."""
    found = {}
    for name, (kind, _, forms, colours) in IN_WORLD.items():
        if kind == "painting":
            others = [*named_styles().values(), *(m for m in found.values() if m.family == "style")]
            draw = functools.partial(_style, forms=forms)
            found[name] = distinct(generator("concept", name), 1, draw, styles.FAMILY.main_slots(), others)[0]
            continue
        found[name] = _individual(name, kind, found, forms=forms, colours=colours)
    everybody = named() | named_styles()
    return found | {concept: everybody[name] for concept, name in true_names().items()}


@functools.cache
def fresh():
    """{name: Member} of those to try on: none is like anybody who has a name, a concept, or another of them."""
    found = {}
    for name, kind in FRESH.items():
        found[name] = _individual(name, kind, {known: members()[known] for known in IN_WORLD} | found)
    return found


def like_a_concept(member):
    """Whether somebody would take a member for a concept that nobody names, or for one of those to try on."""
    slots = FAMILIES[member.family].main_slots()
    unnamed = [*(members()[name] for name in IN_WORLD), *fresh().values()]
    return not all(different(member, other, slots) for other in unnamed if other.kind == member.kind)


def member_of(name):
    """Who a concept of the world is, or one of those to try on."""
    return fresh()[name] if name in FRESH else members()[name]


def _individual(name, kind, found, **asked):
    """One of a kind who differs from all that have a name and from those found before; asked: forms and colours."""
    family = next(f for f in FAMILIES.values() if kind in f.kinds)
    draw = functools.partial(family.random_member, kind=kind, **asked)
    others = [*named().values(), *found.values()]
    return distinct(generator("concept", name), 1, draw, family.main_slots(), others)[0]


def _style(rng, forms):
    return replace(styles.random_style(rng), forms=forms)


def draw(name, rng, *, scene=None, style=None, pose=None, subject=None, member=None, size=PICTURE_SIZE):
    """One picture of a concept: (uint8 (size, size, 3), truth as of `Picture`, its first subject the concept).

    scene: a scene's name; style: a style (Member) to draw it in; pose: of a person.  A style shows other things in its
    own style: subject, a member, the word of a thing, "" for the scene alone, None for anybody.  member: drawn in the
    concept's place.
    """
    if name in STRANGERS and member is None:
        return strangers.draw(name, rng, scene=scene, style=style, pose=pose, subject=subject, size=size)
    who, thing = member_of(name) if member is None else member, None
    if who.family == "style":
        image, figures, thing = strangers.in_style(rng, scene, subject, size)
        style, image = who, styles.apply(who, image)
    else:
        figures = [single(rng, who, None, pose or ("standing" if FAMILIES[who.family].poses else None))]
        image = compose(figures, scene, style, rng=rng, size=size)
    truth = {
        "kind": "concept", "concept": name, "scene": scene, "style": style and style.as_dict(), "count": 1,
        "thing": thing, "subjects": [figure.as_dict() for figure in figures],
    }  # fmt: skip
    return image, truth


def look_alike(member, rng):
    """Somebody of the same kind who shares all but two forms and looks alike in colour."""
    family = FAMILIES.get(member.family, styles.FAMILY)
    while True:
        parts = [str(part) for part in rng.permutation(list(family.forms))[:2]]
        others = {part: [form for form in family.forms[part] if form != member.forms[part]] for part in parts}
        changed = {part: str(rng.choice(forms)) for part, forms in others.items()}
        found = replace(member, forms=family.allowed(member.kind, member.forms | changed))
        if forms_apart(found, member) == 2:  # some forms cannot be together, and one of the two is taken back
            return found
