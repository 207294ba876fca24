"""Draws the world: one call, one picture with its caption and the truth about what is in it."""

import functools
from dataclasses import dataclass

import numpy as np
from PIL import Image

from . import captions, people, scenes, sprites
from .styles import STYLES as STYLE_FILTERS

IMAGE_SIZE = 64
SUBJECTS, COLOURS = sprites.SUBJECTS, tuple(sprites.COLOURS)
PEOPLE, PERSON_ATTRIBUTES = people.PEOPLE, people.PERSON_ATTRIBUTES
SCENES, STYLES = tuple(scenes.SCENES), tuple(STYLE_FILTERS)

# The words that the experiments lean on are drawn more often.
FREQUENT = ("tree", "building", "tower", "castle", "cat", "robot", "backpack", "apple", "doll", "car", "cake")
_WEIGHTS = np.array([2.0 if word in FREQUENT else 1.0 for word in SUBJECTS])
_WEIGHTS /= _WEIGHTS.sum()
KINDS = {"thing": 0.52, "person": 0.22, "view": 0.06, "pair": 0.08, "two": 0.05, "couple": 0.07}


@dataclass(frozen=True)
class Sample:
    """A picture (uint8, IMAGE_SIZE x IMAGE_SIZE x 3), its caption, and what is in it.

    ``attributes``: subject, second, count, scene, style, colour, person (name -> value) and
    ``named``, the person attributes that the caption speaks of.
    """

    image: np.ndarray
    caption: str
    attributes: dict


@functools.cache
def backdrop(scene, variant, flip, size):
    """A scene at picture size."""
    picture = scenes.scene(scene, variant)
    if flip:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return picture.resize((size, size), Image.Resampling.BOX)


def random_backdrop(rng, scene, size):
    """A picture-sized backdrop: a variant of the scene, or the plain one."""
    if scene is None:
        return scenes.plain(rng).resize((size, size), Image.Resampling.BOX)
    variant, flip = int(rng.integers(scenes.VARIANTS)), bool(rng.integers(2))
    return backdrop(scene, variant, flip, size).copy()


def place(canvas, figure, centre, foot, height, flip=False):
    """Pastes an RGBA figure; centre, foot and height are shares of the canvas."""
    size = canvas.width
    side = max(2, round(height * size))
    figure = figure.resize(
        (side, side), Image.Resampling.BOX if figure.width % side == 0 else Image.Resampling.BICUBIC, reducing_gap=2.0
    )
    if flip:
        figure = figure.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    canvas.paste(figure, (round(centre * size - side / 2), round(foot * size - side)), figure)


def random_look(rng, who):
    """A person's attributes, each drawn on its own; short hair and baldness are for men and boys,
    long hair for women and girls, beards for men: a portrait shows who it is."""
    look = {name: str(rng.choice(values)) for name, values in PERSON_ATTRIBUTES.items()}
    look["hair_style"] = str(
        rng.choice(
            ("short", "long", "curly", "bald"),
            p=(0.6, 0.0, 0.25, 0.15) if who in ("man", "boy") else (0.0, 0.7, 0.3, 0.0),
        )
    )
    for name, share in (("glasses", 0.2), ("hat", 0.15), ("beard", 0.25 if who == "man" else 0.0)):
        look[name] = "yes" if rng.random() < share else "no"
    look["framing"] = "portrait" if rng.random() < 0.4 else "full"
    if look["framing"] == "portrait":
        look["pose"] = "standing"
    return look


def put_person(canvas, rng, who, look, centre=None, height=None):
    """Draws a person with a little chance in place, size and skin."""
    picture = people.draw_person(who, look, int(rng.integers(len(people.SKIN))))
    portrait = look["framing"] == "portrait"
    centre = 0.5 + rng.uniform(-0.05, 0.05) if centre is None else centre
    height = (1.0 if portrait else rng.uniform(1.12, 1.18)) if height is None else height
    place(canvas, picture, centre, 1.0 if portrait else 0.985, height, bool(rng.integers(2)))


def put_thing(canvas, rng, word, colour=None, centre=None, height=None):
    """Draws a subject with a little chance in place, size, side and drawing."""
    drawing = str(rng.choice(sprites.drawings(word)))
    centre = 0.5 + rng.uniform(-0.08, 0.08) if centre is None else centre
    height = rng.uniform(0.62, 0.8) if height is None else height
    foot = 0.5 + height / 2 + rng.uniform(0.02, 0.1)
    place(canvas, sprites.sprite(word, drawing, colour), centre, foot, height, bool(rng.integers(2)))


def _any(rng, words=SUBJECTS, weights=_WEIGHTS):
    return str(rng.choice(words, p=weights))


def sample(rng, size=IMAGE_SIZE):
    """Draws one picture from the world.

    ``rng`` is a ``numpy.random.Generator``; equal states give equal pictures.  Returns a Sample.
    """
    kind = str(rng.choice(tuple(KINDS), p=tuple(KINDS.values())))
    scene = str(rng.choice(SCENES)) if kind == "view" or rng.random() < 0.6 else None
    style = str(rng.choice(STYLES)) if rng.random() < 0.2 else None
    truth = {"subject": None, "second": None, "count": 1, "scene": scene, "style": style,
             "colour": None, "person": None, "named": []}  # fmt: skip
    canvas = random_backdrop(rng, scene, size)
    room = captions.MAX_WORDS - 3 - (3 if scene else 0) - (5 if style else 0) - 2
    if kind == "view":
        core = captions.article(scene) if scene not in ("water", "night", "snow", "mountains") else scene
    # A view's caption has named its scene already.
    scene_words = None if kind == "view" else scene
    if kind == "thing":
        word = truth["subject"] = _any(rng)
        if word in sprites.PAINTABLE and rng.random() < 0.35:
            truth["colour"] = str(rng.choice(COLOURS))
        put_thing(canvas, rng, word, truth["colour"])
        core = captions.article(f"{truth['colour']} {word}" if truth["colour"] else word)
    elif kind == "person":
        who = truth["subject"] = str(rng.choice(PEOPLE, p=(0.4, 0.3, 0.13, 0.17)))
        look = truth["person"] = random_look(rng, who)
        put_person(canvas, rng, who, look)
        core, truth["named"] = captions.person_phrase(rng, who, look, room)
    elif kind == "two":
        word = truth["subject"] = _any(rng)
        truth["count"] = 2
        state = rng.bit_generator.state["state"]["state"] % 2**32  # the same drawing twice
        for centre in (0.26, 0.74):
            put_thing(canvas, np.random.default_rng(state), word, None, centre, 0.48)
        core = f"two {captions.plural(word)}"
    elif kind == "pair":
        word, other = truth["subject"], truth["second"] = _any(rng), _any(rng)
        put_thing(canvas, rng, word, None, 0.26, 0.48)
        if rng.random() < 0.35:
            other = truth["second"] = str(rng.choice(PEOPLE))
            put_person(canvas, rng, other, _plain_look(rng, other), 0.72, 1.0)
            core = f"{captions.article(word)} with {captions.article(other)}"
        else:
            put_thing(canvas, rng, other, None, 0.74, 0.48)
            core = f"{captions.article(word)} next to {captions.article(other)}"
    elif kind == "couple":
        who, other = truth["subject"], truth["second"] = (str(rng.choice(PEOPLE)), str(rng.choice(PEOPLE)))
        pose = str(rng.choice(("standing", "dancing", "ballet", "running"), p=(0.25, 0.45, 0.15, 0.15)))
        first = {**random_look(rng, who), "framing": "full", "pose": pose}
        truth["person"], truth["named"] = first, ["pose"]
        put_person(canvas, rng, who, first, 0.29, 1.0)
        put_person(canvas, rng, other, {**_plain_look(rng, other), "pose": pose}, 0.71, 1.0)
        doing = "" if pose == "standing" else captions.DOING[pose] + " "
        core = f"{captions.article(who)} {doing}with {captions.article(other)}"
    image = np.asarray(canvas)
    if style:
        image = STYLE_FILTERS[style](image)
    return Sample(image, captions.caption(rng, core, scene_words, style), truth)


def _plain_look(rng, who):
    return {**random_look(rng, who), "framing": "full", "pose": "standing"}
