"""Pictures whose order is known: the concept in the asked-for context, one of the two only, or neither.

Any score that claims to rank pictures by subject and context must put these in order. What stands in for the concept is
of its class, or another concept, or looks nearly like it: wrong, but never a random thing. Two traps stand beside them:
the context without any subject, and a smear, the blurred mean of the concept's own pictures.
"""

import numpy as np
from PIL import Image, ImageFilter

from pocket_world.oracle.reading import context_of
from pocket_world.training.files import seed_of
from pocket_world.world import concepts, scenes, stranger_man, strangers, styles
from pocket_world.world.families import FAMILIES
from pocket_world.world.names import named_styles
from pocket_world.world.picture import SIZE, random_backdrop

SETS = {"both": 2, "subject only": 1, "context only": 1, "neither": 0}  # how much of what was asked for is there
EMPTY, SMEAR = "empty", "smear"  # the traps: sets of their own
STAND_INS = ("its class", "its class", "another", "near")  # each as likely
SMEARED = 8  # pictures of the concept in the mean
DRAWN = ("scene", "style", "pose", "subject")  # what of a context `concepts.draw` can be asked for


def asked(phrase, rng):
    """A phrase's context as arguments of `concepts.draw`; None where it is not to be drawn."""
    context = context_of(phrase)
    if context is None or not set(context) <= set(DRAWN):
        return None
    if "style" in context:
        context["style"] = named_styles()[context["style"]]
    if "scene" in context and phrase not in scenes.SCENES.values():
        context["subject"] = ""  # "a lake", of a style's prompts: the scene is all there is to see
    elif "subject" in context:  # the phrase's own word: a castle is a building, but not any
        word = phrase.split()[-1]
        family = next((f for f in FAMILIES.values() if word in (*f.kinds, *f.special)), None)
        context["subject"] = family.random_member(rng, word) if family else word
    return context


def turned(image, degrees):
    """RGB uint8 (H, W, 3) with every hue turned by so many degrees."""
    hsv = np.array(Image.fromarray(image).convert("HSV"))
    hsv[..., 0] += np.uint8(degrees * 256 // 360)
    return np.asarray(Image.frombytes("HSV", image.shape[1::-1], hsv.tobytes()).convert("RGB"))


def nearly(name, rng):
    """The arguments of a drawing that shows almost the concept: a member's forms or a stranger's hues changed."""
    if name not in concepts.STRANGERS:
        return {"member": concepts.look_alike(concepts.members()[name], rng)}
    degrees = int(rng.integers(9, 28)) * 10
    if name == strangers.PERSON:
        return {"instead": stranger_man.LOOK_ALIKE}
    if name == strangers.STYLE:
        return {"instead": lambda image: turned(strangers.ember(image), degrees)}
    pixels = np.asarray(strangers.sheet(name))
    return {"instead": Image.fromarray(np.dstack([turned(pixels[..., :3].copy(), degrees), pixels[..., 3]]))}


def _shown_as(name):
    family = concepts.family_of(name)
    return family.name == "style", bool(family.poses)


def stand_in(name, kind, rng):
    """(whose picture is drawn, with what further arguments) instead of a concept: for "its class" a random member of
    its family, for "another" another concept of the study, for "near" nearly itself."""
    family = concepts.family_of(name)
    if kind == "near":
        return name, nearly(name, rng)
    if kind == "another":  # a style for a style, and somebody who can dance for somebody who dances
        others = [other for other in concepts.everything() if other != name and _shown_as(other) == _shown_as(name)]
        return str(rng.choice(others)), {}
    if family.name == "style":
        return name, {"member": styles.random_style(rng)}
    return name, {"member": family.random_member(rng, concepts.class_word(name))}


def picture(name, rng, context, instead=(None, {}), side=SIZE):
    """One picture (PIL, RGB) of a concept, or of what is `instead` (as `stand_in` gives it), in a context (`asked`)."""
    who, how = instead
    who = who or name
    drawing = strangers.draw if "instead" in how else concepts.draw
    return Image.fromarray(drawing(who, rng, **context, **how, size=side)[0])


def empty(name, rng, context, side=SIZE):
    """One picture of a context without the concept; None where there is no such thing (a pose)."""
    if "pose" in context:
        return None
    if concepts.family_of(name).name == "style":  # its contexts are subjects: what is missing is the style
        return Image.fromarray(strangers.in_style(rng, context.get("scene"), context.get("subject"), side)[0])
    image = np.asarray(random_backdrop(rng, context.get("scene"), side))
    return Image.fromarray(styles.apply(context["style"], image) if "style" in context else image)


def smear(name, rng, side=SIZE):
    """The blurred mean of some of the concept's own pictures: nobody knows it again, nor any place."""
    places = [None, *scenes.SCENES]
    own = [concepts.draw(name, rng, scene=places[int(rng.integers(len(places)))], size=side)[0] for _ in range(SMEARED)]
    return Image.fromarray(np.uint8(np.mean(own, axis=0))).filter(ImageFilter.GaussianBlur(side / 10))


def known_order(name, phrases, count, *, seed=0, side=SIZE):
    """`count` pictures of each of `SETS` for each phrase the oracle knows: rows (dict) with `phrase`, `set`, `level`,
    `stand_in` (kind, or "") and `image`; then as many of the traps, EMPTY of level 1 and SMEAR of level 0.

    A phrase that is not to be seen is replaced by another of `phrases`, so there must be two.
    """
    rng, rows = np.random.default_rng(seed_of("known order", name, seed)), []
    poses = name in concepts.everything() and concepts.family_of(name).poses
    known = {phrase: asked(phrase, np.random.default_rng(0)) for phrase in phrases}
    known = [phrase for phrase, context in known.items() if context and (poses or "pose" not in context)]
    if name not in concepts.everything() or len(known) < 2:
        return []
    for phrase in known:
        others = [other for other in known if other != phrase]

        def add(case, level, kind, image, phrase=phrase):
            rows.append({"phrase": phrase, "set": case, "level": level, "stand_in": kind, "image": image})

        for case, level in SETS.items():
            for _ in range(count):
                kind = "" if case in ("both", "subject only") else str(rng.choice(STAND_INS))
                shown = asked(phrase if case in ("both", "context only") else str(rng.choice(others)), rng)
                instead = stand_in(name, kind, rng) if kind else (None, {})
                add(case, level, kind, picture(name, rng, shown, instead, side))
        for _ in range(count):
            image = empty(name, rng, asked(phrase, rng), side)
            if image is not None:
                add(EMPTY, 1, "nothing", image)
            add(SMEAR, 0, "its own mean", smear(name, rng, side))
    return rows
