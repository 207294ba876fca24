"""Pictures whose order is known: the concept in the asked-for context, one of the two only, or neither.

Any score that claims to rank pictures by subject and context must put these in order. What stands in for the
concept is of its class, or another concept, or the concept in wrong colours: wrong, but never a random thing.
"""

import numpy as np
from PIL import Image

from pocket_world.first import sprites, study_concepts, world
from pocket_world.first.oracle import context_of
from pocket_world.first.oracle_concepts import recoloured, turn_hue
from pocket_world.first.study_concepts import CONCEPTS_TABLE, LOOK_ALIKE, OTHER, PERSON_CONCEPT, STYLE_CONCEPT
from pocket_world.first.styles import STYLES
from pocket_world.training.files import seed_of

SETS = {"both": 2, "subject only": 1, "context only": 1, "neither": 0}  # how much of what was asked for is there
STAND_INS = ("its class", "its class", "another", "near")  # each as likely
DRAWN_AS = {"scene": "scene", "style": "style", "person.pose": "pose", "subject": "subject"}  # head -> argument


def stand_in(name, kind, rng):
    """What `study_concepts.draw` shows instead of the concept: one of its class, another concept, or nearly itself."""
    _, _, _, _, class_word, _ = CONCEPTS_TABLE[name]
    if name == PERSON_CONCEPT:
        return {"its class": world.random_look(rng, "man"), "another": OTHER, "near": LOOK_ALIKE}[kind]
    if name == STYLE_CONCEPT:
        others = [style for style in STYLES if style != class_word]
        degrees = int(rng.integers(6, 31)) * 10
        paints = {"its class": STYLES[class_word], "another": STYLES[str(rng.choice(others))]}
        return paints.get(kind, lambda image: turn_hue(study_concepts.ember(image), degrees))
    if kind == "its class":
        return sprites.sprite(class_word, str(rng.choice(sprites.drawings(class_word))))
    others = [other for other in CONCEPTS_TABLE if other not in (name, PERSON_CONCEPT, STYLE_CONCEPT)]
    if kind == "another":
        return study_concepts.figure(str(rng.choice(others)))
    return recoloured(name, int(rng.integers(9, 28)) * 10)


def picture(name, rng, context, instead=None, side=64):
    """One picture (PIL, RGB) of a concept, or of what is `instead`, in a context, {head: label} as of the oracle."""
    asked = {DRAWN_AS[head]: label for head, label in context.items()}
    if "pose" in asked:
        asked["portrait"] = False  # a portrait shows no pose
    drawn = 64 if "style" in asked else max(side, 256)  # the world draws its styles at 64 pixels
    image, _ = study_concepts.draw(name, rng, instead=instead, size=drawn, **asked)
    return Image.fromarray(image).resize((side, side), Image.Resampling.LANCZOS)


def empty(name, rng, context, side=64):
    """One picture of a context without any subject; None where there is no such thing (a pose)."""
    if "person.pose" in context:
        return None
    if name == STYLE_CONCEPT:  # its contexts are subjects: what is missing is the style
        return picture(name, rng, context, lambda image: image, side)
    image = np.asarray(world.random_backdrop(rng, context.get("scene"), 64 if "style" in context else max(side, 256)))
    image = STYLES[context["style"]](image) if "style" in context else image
    return Image.fromarray(image).resize((side, side), Image.Resampling.LANCZOS)


def known_order(name, phrases, count, *, seed=0, side=64):
    """`count` pictures of each of `SETS` for each phrase the oracle knows: rows (dict) with `phrase`, `set`, `level`,
    `stand_in` (kind, or "") and `image`; then as many contexts without a subject, of set "empty" and level 1.

    A phrase that is not to be seen is replaced by another of `phrases`, so there must be two.
    """
    known = {phrase: context for phrase in phrases if (context := context_of(phrase))}
    if name not in CONCEPTS_TABLE or len(known) < 2:
        return []
    rng, rows = np.random.default_rng(seed_of("known order", name, seed)), []
    for phrase, context in known.items():
        others = [other for text, other in known.items() if text != phrase]
        for case, level in SETS.items():
            for _ in range(count):
                kind = "" if case in ("both", "subject only") else str(rng.choice(STAND_INS))
                shown = context if case in ("both", "context only") else others[rng.integers(len(others))]
                image = picture(name, rng, shown, stand_in(name, kind, rng) if kind else None, side)
                rows.append(dict(phrase=phrase, set=case, level=level, stand_in=kind, image=image))
        for image in [empty(name, rng, context, side) for _ in range(count)]:
            if image is not None:
                rows.append(dict(phrase=phrase, set="empty", level=1, stand_in="nothing", image=image))
    return rows
