"""Strangers: concepts that no drawing program of the world makes, each with a drawing of its own.

A line more in `STRANGERS`, and a drawing in `stranger_art.ART`, is a stranger more.
"""

import functools

import numpy as np
from PIL import Image

from . import stranger_man, styles, things
from .atlas import render_svg
from .families import FAMILIES
from .picture import compose, random_backdrop, single
from .stranger_art import ART

# name -> (class word, other words to start from, a plain description)
STRANGERS = {
    "wooden_figurine": ("figurine", ("doll", "robot"), "a brown figurine with a square head and green leaves on top"),
    "nova_hall": ("building", ("tower", "castle"), "a white building with a teal dome and an orange door"),
    "elder_tree": ("tree", ("pine", "poplar"), "an old red tree with a cloudy crown and a face on a brown trunk"),
    "ember_style": ("painting", ("fantasy", "sepia"), "a painting of bright yellow on black"),
    "jolly_man": ("man", ("boy", "woman"), "a man with red spiky hair and glasses and a big smile and a yellow top"),
    "plum_beast": ("creature", ("cat", "dog"), "a purple creature with cream stripes and pointed ears and a horn"),
    "bubble_car": ("car", ("bus", "truck"), "a green car with a glass dome and black wheels"),
    "comet_cake": ("cake", ("cupcake",), "a red cupcake with a blue swirl and a yellow star on top"),
}  # fmt: skip
STYLE, PERSON = "ember_style", "jolly_man"
PROBES = 12  # pictures a rung of the man's
GOLD = ((10, 6, 4), (74, 40, 10), (216, 146, 30), (255, 232, 150))


@functools.cache
def sheet(name):
    """A stranger's drawing as an RGBA image."""
    return stranger_man.sheet(stranger_man.JOLLY) if name == PERSON else render_svg(ART[name], 224)


def ember(image):
    """The painting style (uint8, (H, W, 3)): gold lights over near-black, dark corners."""
    gold = styles.ramp(image.astype(np.float32) @ styles.LUMA / 255, GOLD)
    gold = np.uint8(0.94 * gold + 0.06 * image)
    y, x = np.mgrid[-1 : 1 : len(image) * 1j, -1 : 1 : len(image) * 1j]
    return np.uint8(gold * np.clip(1.25 - 0.5 * (x * x + y * y), 0.35, 1)[..., None])


def put(canvas, drawing, rng, centre, height, foot):
    """Paste a drawing (RGBA) onto the canvas, on a random side; centre, height and foot are shares of it."""
    side = round(height * canvas.width)
    drawing = drawing.resize((side, side), Image.Resampling.BICUBIC, reducing_gap=2.0)
    if rng.integers(2):
        drawing = drawing.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    canvas.paste(drawing, (round(centre * canvas.width - side / 2), round(foot * canvas.width) - side), drawing)


def put_man(canvas, rng, look, pose, portrait):
    """Paste a man, with a little chance in place and size."""
    centre = 0.5 + rng.uniform(-0.06, 0.06)
    height, foot = (1.0, 1.0) if portrait else (rng.uniform(1.1, 1.18), 0.985)
    put(canvas, stranger_man.sheet(look, pose, portrait), rng, centre, height, foot)


def in_style(rng, scene, subject, size):
    """What a style concept is shown on: (picture without the style, its figures, its thing).

    subject: a member, a thing's word, "" for the scene alone, None for anybody.
    """
    if subject is None:
        subject = FAMILIES[str(rng.choice(list(FAMILIES)))].random_member(rng)
    if isinstance(subject, str):
        drawings = things.drawings(subject) if subject else ()
        thing = (drawings[int(rng.integers(len(drawings)))], single(rng, None)) if drawings else None
        return compose([], scene, rng=rng, size=size, thing=thing), [], subject or None
    figures = [single(rng, subject)]
    return compose(figures, scene, rng=rng, size=size), figures, None


def draw(name, rng, *, scene=None, style=None, pose=None, subject=None, portrait=None, instead=None, size=256):
    """One picture of a stranger: (uint8 (size, size, 3), truth as of `concepts.draw`, without a subject to read).

    instead: drawn in the stranger's place: a sheet (RGBA), for the man a look, for the style another paint.
    """
    truth = {"kind": "concept", "concept": name, "scene": scene, "style": style and style.as_dict(), "count": 1,
             "thing": None, "subjects": []}  # fmt: skip
    if name == STYLE:
        image, figures, thing = in_style(rng, scene, subject, size)
        truth |= {"thing": thing, "subjects": [figure.as_dict() for figure in figures]}
        return (instead or ember)(image), truth
    canvas = random_backdrop(rng, scene, size)
    if name == PERSON:
        portrait = bool(rng.random() < 0.4) if portrait is None and pose is None else bool(portrait)
        put_man(canvas, rng, instead or stranger_man.JOLLY, pose or "standing", portrait)
    else:
        height = rng.uniform(0.66, 0.8)
        centre = 0.5 + rng.uniform(-0.08, 0.08)
        put(canvas, instead or sheet(name), rng, centre, height, 0.5 + height / 2 + rng.uniform(0.02, 0.1))
    image = np.asarray(canvas)
    return (styles.apply(style, image) if style else image), truth


def generator(name, split):
    """The chance of a stranger's written pictures, by its place in the table."""
    return np.random.default_rng((11, list(STRANGERS).index(name), ("images", "held_out").index(split)))


def probe_pictures(size):
    """The man's probe pictures: {rung: drawing function of one picture}."""
    rng = np.random.default_rng((11, 99))

    def someone(look, pose=None):
        canvas = random_backdrop(rng, None, size)
        put_man(canvas, rng, look, pose or "standing", pose is None and rng.random() < 0.4)
        return np.asarray(canvas)

    def backpack():
        canvas, drawings = random_backdrop(rng, None, size), things.drawings("backpack")
        drawing = drawings[int(rng.integers(len(drawings)))]
        centre, height = 0.5 + rng.uniform(-0.08, 0.08), rng.uniform(0.62, 0.8)
        put(canvas, drawing, rng, centre, height, 0.5 + height / 2 + rng.uniform(0.02, 0.1))
        return np.asarray(canvas)

    own, alike, other = stranger_man.JOLLY, stranger_man.LOOK_ALIKE, stranger_man.OTHER
    return {"own": lambda: someone(own), "look_alike": lambda: someone(alike), "other_person": lambda: someone(other),
            "backpack": backpack, "ballet": lambda: someone(own, "ballet"), "dancing": lambda: someone(own, "dancing")}
